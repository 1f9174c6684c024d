"""Drives the Twin with openstacksdk as a first user would; the environment (OS_*) says where. Prints `ok` at the end."""
import base64
import os
import tempfile

import openstack
from openstack import exceptions

cloud = openstack.connect()
cloud.authorize()
assert {s["type"] for s in cloud.service_catalog} == {
    "identity", "compute", "network", "image", "volumev3", "block-storage"}
assert [p.name for p in cloud.identity.projects()] == ["demo"]
assert cloud.identity.find_user("admin").id == cloud.current_user_id

assert [r.id for r in cloud.identity.regions()] == ["RegionOne"]
assert len(list(cloud.compute.flavors())) == 16
flavor = cloud.compute.find_flavor("m1.small")
assert flavor.ram == 2048
assert cloud.compute.find_flavor("g1.gpu", get_extra_specs=True).extra_specs["pci_passthrough:alias"] == "a100:1"
assert cloud.compute.find_flavor("v1.vgpu", get_extra_specs=True).extra_specs["resources:VGPU"] == "1"
assert len(list(cloud.image.images())) == 12
image = cloud.image.find_image("debian-12")
assert image.os_distro == "debian"
assert [z.name for z in cloud.compute.availability_zones()] == ["nova"]
assert {z.name for z in cloud.compute.availability_zones(details=True)} == {"internal", "nova"}

network = cloud.network.create_network(name="net", description="a net")
subnet = cloud.network.create_subnet(network_id=network.id, ip_version=4, cidr="10.20.0.0/24", name="sub",
                                     dns_nameservers=["192.0.2.53"])
cloud.network.set_tags(network, ["red"])
assert [n.name for n in cloud.network.networks(tags="red")] == ["net"]
public = next(cloud.network.networks(is_router_external=True))
router = cloud.network.create_router(name="router", external_gateway_info={"network_id": public.id})
cloud.network.add_interface_to_router(router, subnet_id=subnet.id)
group = cloud.network.create_security_group(name="ssh", description="ssh only")
rule = cloud.network.create_security_group_rule(security_group_id=group.id, direction="ingress", protocol="tcp",
                                                port_range_min=22, port_range_max=22, remote_ip_prefix="0.0.0.0/0")
try:
    cloud.network.create_security_group_rule(security_group_id=group.id, direction="ingress", protocol="tcp",
                                             port_range_min=22, port_range_max=22)
    raise AssertionError("a double was taken")
except exceptions.ConflictException as error:
    assert rule.id in str(error)

key = cloud.compute.create_keypair(name="key")
assert key.private_key.startswith("-----BEGIN RSA PRIVATE KEY-----")
assert cloud.compute.find_keypair("key").fingerprint == key.fingerprint

server = cloud.compute.create_server(
    name="vm", flavor_id=flavor.id, image_id=image.id, networks=[{"uuid": network.id}], key_name="key",
    security_groups=[{"name": "ssh"}], metadata={"who": "sdk"},
    user_data=base64.b64encode(b"#!/bin/sh\n").decode())
server = cloud.compute.wait_for_server(server, interval=0.05, wait=10)
assert server.status == "ACTIVE" and server.addresses["net"][0]["addr"].startswith("10.20.0.")
assert [s.name for s in cloud.compute.servers(name="vm")] == ["vm"]
assert cloud.compute.find_server("vm").id == server.id
port = next(cloud.network.ports(device_id=server.id))
ip = cloud.network.create_ip(floating_network_id=public.id, port_id=port.id)
assert (ip.status, cloud.network.get_ip(ip.id).status) == ("DOWN", "ACTIVE")
assert len(cloud.compute.get_server(server.id).addresses["net"]) == 2
assert "login:" in cloud.compute.get_server_console_output(server.id)["output"]

# Addresses by themselves.
spare = cloud.network.create_ip(floating_network_id=public.id, description="spare")
assert (spare.status, spare.port_id, spare.description) == ("DOWN", None, "spare")
cloud.network.set_tags(spare, ["blue", "web"])
assert [i.id for i in cloud.network.ips(tags="blue")] == [spare.id]
assert cloud.network.get_ip(spare.id).tags == ["blue", "web"]
cloud.network.update_ip(ip, port_id=None)
assert cloud.network.get_ip(ip.id).status == "DOWN"
spare = cloud.network.update_ip(spare, port_id=port.id)
assert (cloud.network.get_ip(spare.id).status, spare.port_id, spare.fixed_ip_address) == ("ACTIVE", port.id, port.fixed_ips[0]["ip_address"])
try:
    cloud.network.update_ip(ip, port_id=port.id)
    raise AssertionError("two at one address")
except exceptions.ConflictException:
    pass
cloud.network.delete_ip(spare)
cloud.network.update_ip(ip, port_id=port.id)
cloud.network.set_tags(port, ["nic"])
assert [p.id for p in cloud.network.ports(tags="nic")] == [port.id]

# What has come with a microversion is there for those who ask for it only.
compute = openstack.connect(compute_default_microversion="2.26").compute
compute.get_server(server.id).add_tag(compute, "web")
assert compute.get_server(server.id).fetch_tags(compute).tags == ["web"]
compute.get_server(server.id).remove_tag(compute, "web")
assert compute.get_server(server.id).tags == []


def told(deed, status):
    deed(server)
    cloud.compute.wait_for_server(server, status=status, interval=0.05, wait=10)


told(cloud.compute.stop_server, "SHUTOFF")
told(cloud.compute.start_server, "ACTIVE")
told(cloud.compute.suspend_server, "SUSPENDED")
told(cloud.compute.resume_server, "ACTIVE")
told(lambda s: cloud.compute.reboot_server(s, "HARD"), "ACTIVE")
assert len(list(cloud.compute.server_interfaces(server))) == 1
assert cloud.compute.get_server_metadata(server).metadata == {"who": "sdk"}
cloud.compute.set_server_metadata(server, mood="good")
assert cloud.compute.get_server_metadata(server).metadata == {"who": "sdk", "mood": "good"}

for failing, kind in ((lambda: cloud.network.delete_network(network), exceptions.ConflictException),
                      (lambda: cloud.network.delete_security_group(group), exceptions.ConflictException),
                      (lambda: cloud.compute.get_server(port.id), exceptions.ResourceNotFound),
                      (lambda: cloud.compute.create_server(name="x", flavor_id="nope", image_id=image.id,
                                                           networks="none"), exceptions.BadRequestException)):
    try:
        failing()
        raise AssertionError("it went through")
    except kind:
        pass

assert cloud.get_compute_quotas("demo")["instances"] >= 1000
assert cloud.get_network_quotas("demo")["networks"] >= 100
assert cloud.get_compute_limits()["total_instances_used"] == 1

with tempfile.NamedTemporaryFile(delete=False) as small:
    small.write(b"not much of an image")
try:
    made = cloud.create_image("mine", filename=small.name, disk_format="raw", container_format="bare", wait=True)
    assert cloud.image.download_image(made.id).content == b"not much of an image"
    assert cloud.delete_image("mine")
finally:
    os.unlink(small.name)

golden = cloud.create_image_snapshot("golden", server, wait=True, mood="good")
shown = cloud.image.get_image(golden.id)
assert (shown.status, shown.visibility, shown.os_distro) == ("active", "private", "debian")
assert shown.properties["base_image_ref"] == image.id and shown.instance_uuid == server.id
assert shown.properties["mood"] == "good"
twin = cloud.compute.create_server(name="twin", flavor_id=flavor.id, image_id=golden.id, networks="none")
cloud.compute.wait_for_server(twin, interval=0.05, wait=10)
assert [s.name for s in cloud.compute.servers(image=golden.id)] == ["twin"]
cloud.compute.delete_server(twin)
cloud.compute.wait_for_delete(twin, interval=0.05, wait=10)
cloud.image.add_tag(golden, "gold")
assert [i.name for i in cloud.image.images(tag="gold")] == ["golden"]
cloud.image.delete_image(golden)
assert cloud.image.find_image("golden") is None

disks = cloud.block_storage


def reached(thing, status="available"):
    return disks.wait_for_status(thing, status, interval=0.02, wait=10)


def gone(thing):
    disks.wait_for_delete(thing, interval=0.02, wait=10)


assert [t.name for t in disks.types()] == ["__DEFAULT__", "hdd", "ssd"]
assert [z.name for z in disks.availability_zones()] == ["nova"]
volume = reached(disks.create_volume(size=2, name="data", volume_type="ssd", metadata={"who": "sdk"}))
assert (volume.size, volume.volume_type, volume.is_bootable) == (2, "ssd", False)
assert disks.find_volume("data").id == volume.id
assert [v.id for v in disks.volumes(status="available")] == [volume.id]
assert list(disks.volumes(status="error")) == []
attachment = cloud.compute.create_volume_attachment(server, volume_id=volume.id)
assert attachment.device == "/dev/vdb"
volume = reached(volume, "in-use")
assert volume.attachments[0]["server_id"] == server.id
assert [a.volume_id for a in cloud.compute.volume_attachments(server)] == [volume.id]
for failing, kind in ((lambda: disks.delete_volume(volume), exceptions.BadRequestException),
                      (lambda: cloud.compute.create_volume_attachment(server, volume_id=volume.id),
                       exceptions.BadRequestException),
                      (lambda: disks.create_volume(size=1, image_id=image.id), exceptions.BadRequestException),
                      (lambda: disks.get_volume(server.id), exceptions.ResourceNotFound)):
    try:
        failing()
        raise AssertionError("it went through")
    except kind:
        pass
cloud.compute.delete_volume_attachment(attachment, server)
reached(disks.get_volume(volume.id))
disks.extend_volume(volume, 3)
volume = reached(disks.get_volume(volume.id))
assert volume.size == 3
snapshot = reached(disks.create_snapshot(volume_id=volume.id, name="snap"))
copy = reached(disks.create_volume(size=4, snapshot_id=snapshot.id, name="copy"))
assert (copy.snapshot_id, copy.volume_type) == (snapshot.id, "ssd")
disks.set_volume_bootable_status(copy, True)
assert disks.get_volume(copy.id).is_bootable
for deed, thing in ((disks.delete_snapshot, snapshot), (disks.delete_volume, copy), (disks.delete_volume, volume)):
    deed(thing)
    gone(thing)
assert cloud.get_volume_quotas("demo")["gigabytes"] >= 1000
assert cloud.get_volume_limits()["absolute"]["totalVolumesUsed"] == 0

rooted = cloud.compute.create_server(
    name="rooted", flavor_id=flavor.id, networks=[{"uuid": network.id}],
    block_device_mapping=[{"boot_index": 0, "uuid": image.id, "source_type": "image", "destination_type": "volume",
                           "volume_size": 10, "delete_on_termination": True}])
cloud.compute.wait_for_server(rooted, interval=0.05, wait=10)
(root,) = disks.volumes()
assert (root.status, root.size, root.is_bootable) == ("in-use", 10, True)
assert root.volume_image_metadata["image_name"] == "debian-12"
cloud.compute.delete_server(rooted)
cloud.compute.wait_for_delete(rooted, interval=0.05, wait=10)
gone(root)

cloud.compute.delete_server(server)
cloud.compute.wait_for_delete(server, interval=0.05, wait=10)
cloud.network.delete_ip(ip)
cloud.network.remove_interface_from_router(router, subnet_id=subnet.id)
cloud.network.delete_router(router)
cloud.network.delete_network(network)
cloud.network.delete_security_group(group)
cloud.compute.delete_keypair("key")
print("ok")
