"""Pages for a shopper's own phone: the only socket on which a kiosk listens. They work on the shop's Wi-Fi without internet.

They speak HTTP without TLS: no phone trusts a certificate that a shop makes for itself. So whoever can listen on that Wi-Fi can read along,
and the pages show what is kept of a member, never the numbers of the face. A page opens by a code that the kiosk shows once the member is
known; the code is good for one phone and ten minutes.
"""
