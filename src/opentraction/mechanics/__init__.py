"""The spine under load: geometry, material and pull become pressure, height, bulge and fluid over time."""
