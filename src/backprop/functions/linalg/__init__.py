"""Rules of linear algebra: products, solving, decompositions, norms."""
