"""What stands between a spider and the network: robots, scope, addresses, pace, budget."""
