"""How Gnomon talks to a language model: any OpenAI-compatible server, within a budget, and every exchange recorded."""
