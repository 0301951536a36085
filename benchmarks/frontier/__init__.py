"""What the durable frontier costs a request, and what it takes in memory."""
