"""Detection in several processes: batches go out by shared memory, answers come back in the order of the stream."""
