"""What several folders of tests share."""

pytest_plugins = [
    "tiny_bundle",
    "tiny_checkpoint",
    "tiny_decoder",
    "tiny_recipe",
    "tiny_wheels",
    "ssh_server",
    "adb_server",
    "linux_package",
    "swift_package",
]
