"""A payment service in a box: what HQ needs of Stripe, Alipay, WeChat Pay and an acquirer, on this machine, with faults on order."""
