"""Ways to pay behind one protocol: card mandates, payment codes, national QR schemes, the house wallet and the cash desk."""
