"""
Drives the Twin with Apache Libcloud's GCE driver as a first user would. Its arguments are a key file (as Google hands it out) and the
endpoint; libcloud has no setting for either address, so its connections are told here. Prints `ok` at the end.
"""
import json
import sys
import time
from urllib.parse import urlsplit

from libcloud.common import google
from libcloud.common.google import (
    QuotaExceededError, ResourceExistsError, ResourceInUseError, ResourceNotFoundError, GoogleBaseError)
from libcloud.compute.drivers import gce
from libcloud.compute.types import NodeState

file = json.load(open(sys.argv[1]))
endpoint = urlsplit(sys.argv[2])
token = urlsplit(file["token_uri"])
root = endpoint.path[: -len("/compute/v1")]


# libcloud's class names itself in its super() calls, so it is told in place.
sign_in = google.GoogleServiceAcctAuthConnection
first = sign_in.__init__


def to_the_twin(self, user_id, key, scopes, **kwargs):
    kwargs.update(secure=False, host=token.hostname, port=token.port)
    first(self, user_id, key, scopes, **kwargs)


def form_headers(self, headers):
    headers.update({"Content-Type": "application/x-www-form-urlencoded", "Host": token.netloc})
    return headers


sign_in.__init__ = to_the_twin
sign_in.add_default_headers = form_headers
sign_in.morph_action_hook = lambda self, action: token.path


class Response(gce.GCEResponse):
    def parse_body(self):
        # libcloud takes only https:// for a link.
        self.body = self.body.replace("http://" + endpoint.netloc, "https://" + endpoint.netloc)
        return super().parse_body()


class Connection(gce.GCEConnection):
    responseCls = Response
    poll_interval = 0.02

    def __init__(self, user_id, key, secure, **kwargs):
        kwargs.update(host=endpoint.hostname, port=endpoint.port)
        super().__init__(user_id, key, False, **kwargs)

    def add_default_headers(self, headers):
        headers = super().add_default_headers(headers)
        headers["Host"] = endpoint.netloc
        return headers

    def morph_action_hook(self, action):
        if action.startswith("http"):
            parts = urlsplit(action)
            return parts.path + ("?" + parts.query if parts.query else "")
        return root + self.request_path + action


gce.GCENodeDriver.connectionCls = Connection

driver = gce.GCENodeDriver(
    file["client_email"], file["private_key"], project=file["project_id"], datacenter="us-central1-a",
    credential_file=sys.argv[1] + ".token")

assert driver.region.name == "us-central1"
assert {"asia-northeast3", "us-east4", "us-central1", "europe-west4"} < {r.name for r in driver.region_list} and len(driver.region_list) == 42
assert len(driver.zone_list) == 127
sizes = {s.name: s for s in driver.list_sizes()}
assert sizes["e2-micro"].ram == 1024 and sizes["n2-standard-4"].extra["guestCpus"] == 4
assert [s.name for s in driver.ex_list_disktypes("us-central1-a")].count("pd-ssd") == 1
image = driver.ex_get_image_from_family("debian-12", ex_project_list=["debian-cloud"])
assert image.name.startswith("debian-12-bookworm-v")
assert driver.ex_get_image("ubuntu-2204-jammy-v", ex_project_list=["ubuntu-os-cloud"]).name.startswith("ubuntu-2204-jammy-v")
assert len(driver.list_images("ubuntu-os-cloud")) == 12  # of each family only what is not deprecated
project = driver.ex_get_project()
assert project.name == file["project_id"]

default = driver.ex_get_network("default")
assert default.mode == "auto" and len(default.subnetworks) == 42
network = driver.ex_create_network("net", None, mode="custom")
subnet = driver.ex_create_subnetwork("sub", cidr="10.20.0.0/24", network="net", region="us-central1")
assert subnet.cidr == "10.20.0.0/24"
try:
    driver.ex_create_subnetwork("other", cidr="10.20.0.128/25", network="net", region="us-central1")
    raise AssertionError("an overlap was taken")
except GoogleBaseError as error:
    assert "conflicts with existing subnetwork 'sub'" in str(error), error
try:
    driver.ex_create_network("net", None, mode="custom")
    raise AssertionError("a double was taken")
except ResourceExistsError:
    pass
rule = driver.ex_create_firewall("ssh", [{"IPProtocol": "tcp", "ports": ["22"]}], network="net", source_ranges=["0.0.0.0/0"])
assert rule.allowed == [{"IPProtocol": "tcp", "ports": ["22"]}]
rule.source_ranges = ["203.0.113.0/24"]
assert driver.ex_update_firewall(rule)
assert driver.ex_get_firewall("ssh").source_ranges == ["203.0.113.0/24"]
assert {r.name for r in driver.ex_list_routes()} and driver.ex_list_subnetworks("us-central1")

address = driver.ex_create_address("static", region="us-central1")
node = driver.create_node(
    "vm", "e2-small", image, location="us-central1-a", ex_network="net", ex_subnetwork="sub", external_ip=address,
    ex_tags=["web"], ex_labels={"who": "me"}, ex_metadata={"ssh-keys": "alice:ssh-ed25519 AAAA alice"})
assert node.state == NodeState.RUNNING and node.public_ips == [address.address], node.public_ips
assert node.private_ips[0].startswith("10.20.0.") and node.extra["labels"] == {"who": "me"}
assert node.image == image.name and node.size == "e2-small"
assert [n.name for n in driver.list_nodes()] == ["vm"]
try:
    driver.ex_destroy_network(driver.ex_get_network("net"))
    raise AssertionError("a network in use was destroyed")
except GoogleBaseError as error:
    assert "is already being used by" in str(error), error
assert driver.ex_set_node_tags(node, ["web", "db"])
node = driver.ex_get_node("vm")
assert sorted(node.extra["tags"]) == ["db", "web"]
assert driver.ex_set_node_labels(node, {"who": "you"})
assert driver.ex_set_node_metadata(driver.ex_get_node("vm"), {"greeting": "hello"})
assert "login:" in driver.ex_get_serial_output(node)
assert driver.ex_stop_node(node)
assert driver.ex_get_node("vm").state == NodeState.STOPPED
assert driver.ex_start_node(node) and driver.reboot_node(node)

volume = driver.create_volume(20, "data", location="us-central1-a", ex_disk_type="pd-ssd")
assert volume.size == "20" or volume.size == 20
assert driver.attach_volume(driver.ex_get_node("vm"), volume, device="data")
assert driver.detach_volume(driver.ex_get_volume("data"), ex_node=driver.ex_get_node("vm"))
assert driver.ex_resize_volume(volume, 30)
assert driver.ex_set_volume_labels(volume, {"of": "me"})
assert driver.ex_get_volume("data").extra["labels"] == {"of": "me"}
snapshot = driver.create_volume_snapshot(volume, "shot")
assert snapshot.size == "30" and snapshot.status == "READY" and [s.name for s in driver.ex_list_snapshots()] == ["shot"]
restored = driver.create_volume(None, "restored", location="us-central1-a", snapshot=driver.ex_get_snapshot("shot"))
assert int(restored.size) == 30 and driver.destroy_volume(restored)
assert driver.destroy_volume_snapshot(snapshot)
assert driver.destroy_volume(volume)

try:
    driver.ex_create_image("own", driver.ex_get_volume("vm"))
    raise AssertionError("an image of a running disk was made")
except GoogleBaseError as error:
    assert "is already being used by" in str(error), error
assert driver.ex_stop_node(driver.ex_get_node("vm"))
own = driver.ex_create_image("own", driver.ex_get_volume("vm"), family="mine", description="of vm")
assert driver.ex_get_image_from_family("mine", ex_project_list=[file["project_id"]]).name == "own"
assert driver.ex_set_image_labels(own, {"a": "b"})
assert "own" in [i.name for i in driver.list_images()]
like = driver.create_node("like", "e2-micro", driver.ex_get_image("own"), location="us-central1-a", external_ip=None)
assert like.image == "own" and not any(like.public_ips), like.public_ips
assert driver.ex_add_access_config(like, "nat", "nic0")
assert driver.ex_get_node("like").public_ips[0].startswith("127.")
assert driver.ex_delete_access_config(like, "nat", "nic0")
assert driver.destroy_node(like)
assert driver.ex_deprecate_image(own, image, state="OBSOLETE")
# libcloud doesn't wait for this one's operation.
until = time.monotonic() + 10
while "deprecated" not in driver.ex_get_image("own").extra and time.monotonic() < until:
    time.sleep(0.02)
assert driver.ex_get_image("own").extra["deprecated"]["state"] == "OBSOLETE"
assert driver.ex_delete_image(own)

assert driver.ex_get_accelerator_type("nvidia-tesla-t4", "us-central1-a").name == "nvidia-tesla-t4"
gpu = driver.create_node(
    "gpu", "n1-standard-4", image, location="us-central1-a", external_ip=None, ex_accelerator_type="nvidia-tesla-t4",
    ex_accelerator_count=1, ex_on_host_maintenance="TERMINATE")
assert gpu.state == NodeState.RUNNING
assert driver.destroy_node(gpu)

many = driver.ex_create_multiple_nodes("many", "e2-micro", image, 3, location="us-central1-b", poll_interval=0.05)
assert sorted(n.name for n in many) == ["many-000", "many-001", "many-002"]
assert all(driver.ex_destroy_multiple_nodes(many, poll_interval=0.05))
assert driver.destroy_node(driver.ex_get_node("vm"))
try:
    driver.ex_get_node("vm")
    raise AssertionError("a destroyed node was found")
except ResourceNotFoundError as error:
    assert "was not found" in str(error), error
assert driver.ex_destroy_address(address)
assert driver.ex_destroy_firewall(rule)
assert driver.ex_destroy_subnetwork(subnet)
assert driver.ex_destroy_network(network)
print("ok")
