"""The settings of a device, section by section, with what each may hold. `kiosk.config` reads them from kiosk.toml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kiosk.domain.reorder import ReplenishmentSettings


class Secret(str):
    """A text that is never printed."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'" if self else "''"

    def __str__(self) -> str:
        return "***" if self else ""

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def reveal(self) -> str:
        """Return the text itself, for whoever must send it."""
        return "".join(self)


_NO_SECRET = Secret("")


@dataclass(frozen=True, slots=True)
class DeviceSettings:
    """[device] id: 1-64 of a-z 0-9 - _ . and the certificate's name; group: whose manifests it follows; language: fr, en or zh.

    timezone: of the store; closing_hour: its business day ends at this hour of the next morning.
    """

    id: str
    store: str
    roles: tuple[str, ...]
    group: str = "all"
    language: str = "fr"
    timezone: str = "Europe/Paris"
    closing_hour: int = 4


@dataclass(frozen=True, slots=True)
class StorageSettings:
    """[storage] folder: database, vault and keys; reserve_mb: sales stop when less room than this is left."""

    folder: Path = Path("/var/lib/kiosk")
    reserve_mb: int = 32


@dataclass(frozen=True, slots=True)
class BrokerSettings:
    """[broker] host and port of the MQTT broker; version: 5 or 3 (3.1.1).

    tls: mutual TLS 1.3 with what `kiosk provision` laid into the folder `identity` (<storage.folder>/identity when empty); without it,
    for a machine by itself, username and password.
    """

    host: str = "127.0.0.1"
    port: int = 8883
    username: str = ""
    password: Secret = _NO_SECRET
    version: int = 5
    tls: bool = True
    identity: str = ""


@dataclass(frozen=True, slots=True)
class HqSettings:
    """[hq] public_key: HQ's Ed25519 key, base64: only what it signed is believed; `kiosk provision` keeps it where this is empty.

    receipts: address that shows receipts again.
    """

    public_key: str = ""
    receipts: str = ""


@dataclass(frozen=True, slots=True)
class CameraSettings:
    """[camera] kind: none, world (simulated), file, usb or pi; source: file, device path or port; name: what it is called."""

    kind: str = "none"
    source: str = ""
    name: str = "camera"
    width: int = 640
    height: int = 480
    rate_hz: float = 10.0
    rotate: int = 0


@dataclass(frozen=True, slots=True)
class DepthSettings:
    """[depth] command: program that writes what a depth camera sees, and its arguments (hardware.md); without one there is none."""

    command: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ScaleSettings:
    """[scale] cells: load cell -> where it hangs (hardware.md); calibration: "" is scale.json, record_mb: of raw/, in [storage] folder."""

    kind: str = "none"
    root: Path = Path("/sys/bus/iio/devices")
    cells: Mapping[str, Any] = field(default_factory=dict)
    rate_hz: int = 80
    calibration: str = ""
    record_mb: int = 0


@dataclass(frozen=True, slots=True)
class RfidSettings:
    """[rfid] command: program that prints what a reader reads, and its arguments; antennas: number -> load cells in its field."""

    command: tuple[str, ...] = ()
    antennas: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FacingsSettings:
    """[facings] the shelf camera: kind, source, name, width, height as in [camera]; every_s: seconds between two looks.

    boards: board of the planogram -> {corners, length_mm}: where its ground is in the picture (hardware.md).
    """

    kind: str = "none"
    source: str = ""
    name: str = "shelf-camera"
    width: int = 640
    height: int = 480
    every_s: float = 5.0
    boards: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DisplaySettings:
    """[display] kind: window, offscreen; rotate: 0, 90, 180 or 270; snapshot: picture file for the console's live view, off when empty.

    large, contrast: large type and high contrast from the start; shoppers turn to them with the button Aa.
    """

    kind: str = "window"
    width: int = 800
    height: int = 480
    rotate: int = 0
    snapshot: str = ""
    rate_hz: float = 30.0
    large: bool = False
    contrast: bool = False


@dataclass(frozen=True, slots=True)
class StaffSettings:
    """[staff] pins: name -> PIN of four digits or more; badges: name -> code on the badge. A badge or a PIN opens staff mode.

    roles: name -> viewer, clerk, merchant, operator or privacy; whoever is not named is a clerk.
    """

    pins: Mapping[str, Secret] = field(default_factory=dict)
    badges: Mapping[str, Secret] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PrinterSettings:
    """[printer] kind: none, file, network, serial or usb (python-escpos). address: file, host, serial port, or vendor:product in hex.

    columns: 48 (80 mm paper) or 32 (58 mm). profile: of python-escpos, for the printer's code pages.
    """

    kind: str = "none"
    address: str = ""
    columns: int = 48
    profile: str = "default"


@dataclass(frozen=True, slots=True)
class VoiceSettings:
    """[voice] kind: none or espeak (espeak-ng reads prompts aloud). rate_wpm: words a minute."""

    kind: str = "none"
    rate_wpm: int = 160


@dataclass(frozen=True, slots=True)
class IdentitySettings:
    """[identity] backend: onnx (ours) or dlib (extra [dlib]); passive_model: an .onnx file that judges copies, "" for none."""

    backend: str = "onnx"
    passive_model: str = ""


@dataclass(frozen=True, slots=True)
class MembersSettings:
    """[members] mode: store (the device's key opens templates) or card (only the member's own code does); vault: folder of the templates,
    <storage.folder>/vault when empty; key: file of the device key, vault.key in that folder when empty and systemd hands none over.

    retention_days: a face that nobody paid with for so long is erased; pin_over_minor: amounts above this ask for the PIN too.
    """

    mode: str = "store"
    vault: str = ""
    key: str = ""
    retention_days: int = 365
    pin_over_minor: int = 5000


@dataclass(frozen=True, slots=True)
class PhoneSettings:
    """[phone] port of the pages for shoppers' phones, 0 = off; bind: address of the shop's Wi-Fi, never the internet; name: how phones
    reach it, bind when empty. The pages speak HTTP without TLS: whoever listens on that Wi-Fi can read along.
    """

    port: int = 0
    bind: str = "127.0.0.1"
    name: str = ""


@dataclass(frozen=True, slots=True)
class MirrorSettings:
    """[mirror] cabin: no camera at all, items are read by RFID or barcode; gestures: hands may press and sweep.

    lens_mm: the lens's height above the floor, 0: not measured, and no size is advised; horizon: the row that lies as high as the lens, as
    a part of the picture's height (hardware.md). dim_after_s: nobody stood there for so long; pir: GPIO pin of a motion sensor, 0: none.
    """

    cabin: bool = False
    gestures: bool = True
    lens_mm: float = 0.0
    horizon: float = 0.5
    dim_after_s: float = 120.0
    pir: int = 0


@dataclass(frozen=True, slots=True)
class NetworkSettings:
    """[network] address: "dhcp", or e.g. 192.168.1.20/24; then gateway and dns are needed too. ntp: time servers, Debian's when empty.

    proxy: http://host:port through which bodies are fetched by HTTPS; the broker is reached directly.
    """

    address: str = "dhcp"
    gateway: str = ""
    dns: tuple[str, ...] = ()
    ntp: tuple[str, ...] = ()
    proxy: str = ""


@dataclass(frozen=True, slots=True)
class SetupSettings:
    """[setup] code: the one-time code under which this device claims its certificate; ssh_key: public key that may log in as technician."""

    code: Secret = _NO_SECRET
    ssh_key: str = ""


@dataclass(frozen=True, slots=True)
class WifiSettings:
    """[wifi] of wifi.toml, the file that is erased once it was imported. country: whose channels are used.

    identity: name of the user in a network that asks for one (WPA enterprise); eap: PEAP, TTLS or PWD; domain: the name that the network's
    certificate must bear; ca: text of the certificate that signed it, PEM, "" for the authorities that the system knows.
    """

    ssid: str
    password: Secret = _NO_SECRET
    country: str = "FR"
    hidden: bool = False
    identity: str = ""
    eap: str = "PEAP"
    domain: str = ""
    ca: str = ""


@dataclass(frozen=True, slots=True)
class WifiFile:
    """All of wifi.toml."""

    wifi: WifiSettings


@dataclass(frozen=True, slots=True)
class WorldSettings:
    """[world] socket of the simulated world, for demos; empty on a real kiosk."""

    socket: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """All of kiosk.toml."""

    device: DeviceSettings
    hq: HqSettings = HqSettings()
    storage: StorageSettings = StorageSettings()
    broker: BrokerSettings = BrokerSettings()
    camera: CameraSettings = CameraSettings()
    depth: DepthSettings = DepthSettings()
    scale: ScaleSettings = ScaleSettings()
    rfid: RfidSettings = RfidSettings()
    facings: FacingsSettings = FacingsSettings()
    display: DisplaySettings = DisplaySettings()
    staff: StaffSettings = StaffSettings()
    printer: PrinterSettings = PrinterSettings()
    voice: VoiceSettings = VoiceSettings()
    replenishment: ReplenishmentSettings = field(default_factory=ReplenishmentSettings)
    identity: IdentitySettings = IdentitySettings()
    members: MembersSettings = MembersSettings()
    phone: PhoneSettings = PhoneSettings()
    mirror: MirrorSettings = MirrorSettings()
    network: NetworkSettings = NetworkSettings()
    setup: SetupSettings = SetupSettings()
    world: WorldSettings = WorldSettings()


CHOICES: dict[str, tuple[object, ...]] = {
    "device.language": ("fr", "en", "zh"),
    "camera.kind": ("none", "world", "file", "usb", "pi"),
    "camera.rotate": (0, 90, 180, 270),
    "facings.kind": ("none", "world", "file", "usb", "pi"),
    "scale.kind": ("none", "world", "iio", "nau7802", "serial", "trace"),
    "scale.rate_hz": (10, 20, 40, 80, 320),
    "display.kind": ("window", "offscreen"),
    "display.rotate": (0, 90, 180, 270), "broker.version": (3, 5),
    "identity.backend": ("onnx", "dlib"), "replenishment.approval": ("hq", "local"),
    "printer.kind": ("none", "file", "network", "serial", "usb"),
    "printer.columns": (32, 48), "voice.kind": ("none", "espeak"),
    "members.mode": ("store", "card"), "wifi.eap": ("PEAP", "TTLS", "PWD"),
}
"""The values that a key may have, by `section.key`."""
RANGES: dict[str, tuple[float, float]] = {
    "scale.record_mb": (0, 100_000), "broker.port": (1, 65535), "storage.reserve_mb": (1, 100_000), "phone.port": (0, 65535),
    "members.retention_days": (1, 365), "members.pin_over_minor": (0, 100_000_000), "voice.rate_wpm": (80, 400),
    "camera.width": (64, 4096), "camera.height": (64, 4096), "camera.rate_hz": (0.5, 120),
    "facings.width": (64, 4096), "facings.height": (64, 4096), "facings.every_s": (0.5, 3600), "display.height": (240, 4096),
    "mirror.lens_mm": (0, 3000), "mirror.horizon": (0, 1), "mirror.dim_after_s": (5, 86_400), "mirror.pir": (0, 27),
    "display.rate_hz": (1, 120), "display.width": (240, 4096), "device.closing_hour": (0, 12), "replenishment.service": (0.5, 0.999),
    "replenishment.lead_days": (0, 60), "replenishment.minimum_minor": (0, 10**9)}
"""The least and the most of a number, by `section.key`."""
