"""The networks that the emulated kiosk is to join are ones that a technician's wifi.toml may name."""

from __future__ import annotations

from deploy.image.air import networks
from kiosk.config import parse_wifi
from kiosk.config.card import wifi_mistakes
from kiosk.flows.network import wpa


def test_a_card_may_name_the_networks_of_the_trial_and_they_are_of_every_kind(tmp_path):
    read = [parse_wifi(network.toml()) for network in networks(tmp_path)]
    assert [wifi_mistakes(wifi) for wifi in read] == [[], [], []]
    hidden, _new, office = (wpa(wifi) for wifi in read)
    assert "scan_ssid=1" in hidden and "SAE" in hidden and "key_mgmt=WPA-EAP" in office and "wifi-ca.pem" in office
