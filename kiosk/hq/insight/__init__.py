"""What HQ reads off its ledger for people who decide: one product in one slot, and sizes of packs over the stores."""
