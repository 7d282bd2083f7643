"""What the store knows of faces: in a file, a folder and under a Unix user of their own, each member under a key of its own.

A template is sealed with AES-256-GCM (NIST SP 800-38D) under its member's data key; the data key is wrapped (RFC 3394) by a key derived
from the device key, or, in the member-card mode, from a secret that only the member's code holds: then the store alone identifies nobody.
The device key lies outside the database: a systemd credential, or a file that only its owner can read. Erasing a member destroys the
wrapped data key and the row; what a backup or a worn flash cell may still hold of the template cannot be opened without it. Members are
found by a keyed HMAC of the last 4, 6 or 8 digits of their phone number.
"""

from kiosk.storage.vault.courier import Courier
from kiosk.storage.vault.members import Vault
from kiosk.storage.vault.records import CARD_PREFIX, Candidate, Consent, Extras, Peer, Standing, Stroke, Template

__all__ = ["CARD_PREFIX", "Candidate", "Consent", "Courier", "Extras", "Peer", "Standing", "Stroke", "Template", "Vault"]
