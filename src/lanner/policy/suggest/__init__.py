"""The cheapest policy under which no rule loses sight, with proof, and what single lines would save."""
