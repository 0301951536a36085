"""Whether answers tell who has an account."""
