"""How good it is: benchmarks against published values, known truth and public alternatives."""
