"""Understanding: what a question says, as typed slots with the words they came from; both planners share it."""
