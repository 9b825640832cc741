"""An emulated Raspberry Pi on loopback: a Debian root for ARM, run by QEMU, behind real servers for SSH and adb."""
