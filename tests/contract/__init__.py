"""The contract with the service: tables of facts, and the tests that hold the client against them."""
