"""Pictures that show no enrolled photo: how much speaks for them by chance, and what that means at full size."""
