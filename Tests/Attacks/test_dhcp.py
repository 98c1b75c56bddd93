"""Addresses from a server of somebody else's: dnsmasq, in a service's network."""

import os
import subprocess
import time
import unittest

from testbed import REPOSITORY, Service, ask, eventually, lacking, needs, note, stop


def with_dhcp(text):
    """The storefront gets its address from a server."""
    start = text.index("    storefront:")
    place = text.index("      properties:\n", start) + len("      properties:\n")
    return text[:place] + "        addressing: dhcp\n" + text[place:]


class DHCPTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        reason = lacking()
        if reason:
            raise unittest.SkipTest(reason)
        cls.portal = Service(os.path.join(REPOSITORY, "Examples/portal"), "portal-dhcp", edit=with_dhcp)
        cls.addClassCleanup(cls.portal.down)
        cls.portal.up("--set", f"credentials=@{REPOSITORY}/Examples/portal/accounts.yaml")

    def serve(self, *options):
        """Runs dnsmasq beside the images; gives what it has written so far."""
        log = os.path.join(self.portal.folder, "dnsmasq.log")
        open(log, "w").close()
        server = subprocess.Popen(
            ["ip", "netns", "exec", self.portal.namespace, "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null",
             "--port=0", "--dhcp-authoritative", "--dhcp-range=10.77.0.2,10.77.0.200,255.255.255.0,2m",
             "--log-dhcp", f"--log-facility={log}", "--user=root", "--pid-file=",
             f"--dhcp-leasefile={self.portal.folder}/leases", *options],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        self.addCleanup(stop, server)

        def written():
            with open(log) as file:
                return file.read()

        return written

    @needs("dnsmasq")
    def test_lease(self):
        """Without a server the image has the address that it was told, in the end; with one it asks before it uses it."""
        url = self.portal.url("storefront")
        alone = time.monotonic()

        def is_served():
            try:
                return ask(url + "/", timeout=2)[0] == 200
            except OSError:
                return False

        self.assertTrue(eventually(is_served, within=60), "no server, and the address is not used")
        alone = time.monotonic() - alone
        written = self.serve()
        before = self.portal.unikernel("storefront")
        os.kill(before["pid"], 9)
        self.assertTrue(
            eventually(lambda: "DHCPACK" in written() and is_served(), within=60), written())
        now = self.portal.unikernel("storefront")
        self.assertNotEqual(now["pid"], before["pid"])
        self.assertIn(now["address"], [line.split()[-2] for line in written().splitlines() if "DHCPACK" in line])
        # Of two minutes, half.
        self.assertTrue(eventually(lambda: written().count("DHCPACK") > 1, within=90), "the lease is not renewed")
        self.assertTrue(is_served())
        note("an address from a server", "dnsmasq", "asked for, lent, used and renewed", alone=round(alone, 1))


if __name__ == "__main__":
    unittest.main()
