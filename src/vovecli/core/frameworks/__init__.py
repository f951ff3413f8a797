"""What a handler is made with: by its answers, its start command and the files beside it."""
