"""The attacks that meet the network stack and HTTP, on virtual machines: the same images' code, behind other devices."""

import shutil
import unittest

import test_flood
import test_packets
import test_requests
import test_scan

# What QEMU may grow by: all of its machine's memory that is touched for the first time (16 MiB of heap, and what lies
# around it), and the code that it translates (32 MiB at most), on top of what it had when it was first looked at.
GROWTH = 64 * 1024


class Machines:
    """Where its tests run."""

    target = "microvm"
    growth = GROWTH

    @classmethod
    def setUpClass(cls):
        if shutil.which("qemu-system-x86_64") is None:
            raise unittest.SkipTest("missing: qemu-system-x86_64 (apt-get install qemu-system-x86)")
        super().setUpClass()


class MachineScanTests(Machines, test_scan.ScanTests):
    # The guess at the service takes a minute, and is about HTTP, which is the same.
    test_services = None


class MachinePacketTests(Machines, test_packets.PacketTests):
    pass


class MachineFloodTests(Machines, test_flood.FloodTests):
    pass


class MachineSmugglingTests(Machines, test_requests.SmugglingTests):
    pass


class MachinePathTests(Machines, test_requests.PathTests):
    pass
