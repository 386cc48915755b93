"""The event model: what an audit event is, how lines become events, which fields rules may ask for."""
