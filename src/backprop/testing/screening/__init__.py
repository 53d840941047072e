"""Where a rule may be wrong: cheap looks at thousands of points, of which the judge sees a few."""
