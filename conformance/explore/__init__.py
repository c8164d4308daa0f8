"""Who talks: flows as data, sent over a transport, judged as they go."""
