"""What is sent and what must come back: contract, scenarios, loads, orders to the driver."""
