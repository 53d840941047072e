"""What every rule keeps besides its values, and faults that are planted to see that it shows."""
