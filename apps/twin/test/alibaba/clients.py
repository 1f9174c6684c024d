"""Apache Libcloud's driver for ECS against the Twin, unmodified but for its host: python3 clients.py HOST PORT KEY SECRET GROUP VSWITCH ZONE

What this driver can't say is not asked here: elastic addresses, resizing, tags, VPCs.
"""

import sys
import time

from libcloud.common.types import LibcloudError
from libcloud.compute.base import NodeImage
from libcloud.compute.types import NodeState, Provider, StorageVolumeState
from libcloud.compute.providers import get_driver

host, port, key, secret, group, vswitch, zone = sys.argv[1:]
region = zone[:-1]
ecs = get_driver(Provider.ALIYUN_ECS)(
    key, secret, region=region, host=host, port=int(port), secure=False
)


def refused(code, call, *arguments, **options):
    try:
        call(*arguments, **options)
    except LibcloudError as error:
        assert code in str(error), str(error)
    except Exception as error:  # Libcloud raises its own for some statuses
        assert code in str(error), str(error)
    else:
        raise AssertionError(f"{code} was not refused")


def until(ask, wanted, seconds=10):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        seen = ask()
        if seen == wanted:
            return
        time.sleep(0.02)
    raise AssertionError(f"{seen} is not {wanted}")


locations = {each.id: each.name for each in ecs.list_locations()}
assert len(locations) >= 29 and region in locations, locations
zones = {each.id: each for each in ecs.ex_list_zones()}
assert "cloud_essd" in zones[zone].available_disk_categories
assert "Instance" in zones[zone].available_resource_types
sizes = {each.id: each for each in ecs.list_sizes()}
size = sizes["ecs.t6-c1m1.large"]
assert (size.ram, size.extra["cpu_core_count"]) == (2.0, 2), (size.ram, size.extra)
images = {each.id: each for each in ecs.list_images(ex_filters={"PageSize": 100})}
image = images["ubuntu_22_04_x64_20G_alibase_20240101.vhd"]
assert image.extra["image_owner_alias"] == "system"

node = ecs.create_node(
    name="made",
    size=size,
    image=image,
    ex_security_group_id=group,
    ex_vswitch_id=vswitch,
    ex_hostname="made-1",
    ex_internet_max_bandwidth_out=5,
    ex_internet_charge_type=ecs.internet_charge_types.BY_TRAFFIC,
    ex_system_disk={"category": "cloud_essd", "disk_name": "root"},
    ex_data_disks=[{"size": 20, "category": "cloud_efficiency", "delete_with_instance": True}],
    ex_client_token="made-by-libcloud",
)
nodes = ecs.list_nodes(ex_node_ids=[node.id])
assert [(each.name, each.state) for each in nodes] == [("made", NodeState.RUNNING)], nodes
address = ecs.create_public_ip(node.id)
assert ecs.list_nodes(ex_node_ids=[node.id])[0].public_ips == [address]

refused("InvalidZoneId.NotFound", ecs.create_volume, 20, "no", ex_zone_id=region + "x")
refused("InvalidDiskSize.NotSupported", ecs.create_volume, 4, "no", ex_zone_id=zone)
volume = ecs.create_volume(
    40,
    "data",
    ex_zone_id=zone,
    ex_disk_category=ecs.disk_categories.CLOUD_SSD,
    ex_description="by libcloud",
    ex_client_token="volume",
)
find = lambda: ecs.list_volumes(ex_volume_ids=[volume.id])[0]
until(lambda: find().state, StorageVolumeState.AVAILABLE)
assert ecs.attach_volume(node, volume, device="/dev/xvdf", ex_delete_with_instance=False)
until(lambda: find().state, StorageVolumeState.INUSE)
assert find().extra["device"] == "/dev/xvdf"
refused("only volume in AVAILABLE", ecs.destroy_volume, volume)
snapshot = ecs.create_volume_snapshot(volume, name="snap")
until(lambda: ecs.list_volume_snapshots(volume)[0].extra["progress"], "100%")
assert ecs.detach_volume(volume)
until(lambda: find().state, StorageVolumeState.AVAILABLE)
copy = ecs.create_volume(40, "copy", snapshot=snapshot, ex_zone_id=zone)
until(lambda: ecs.list_volumes(ex_volume_ids=[copy.id])[0].state, StorageVolumeState.AVAILABLE)
refused("SnapshotCreatedDisk", ecs.destroy_volume_snapshot, snapshot)
for each in (copy, volume):
    assert ecs.destroy_volume(each)
assert ecs.destroy_volume_snapshot(snapshot)

root = [each for each in ecs.list_volumes(ex_filters={"InstanceId": node.id}) if each.extra["type"] == "system"][0]
assert (root.name, root.size) == ("root", 40)
snapshot = ecs.create_volume_snapshot(root)
until(lambda: ecs.list_volume_snapshots(root)[0].extra["progress"], "100%")

try:
    own = ecs.create_image(node, "golden", ex_snapshot_id=snapshot.id)
except LibcloudError:
    # It looks the image up before it is Available, which DescribeImages hides.
    until(lambda: len(ecs.list_images(ex_filters={"ImageOwnerAlias": "self"})), 1)
own = ecs.list_images(ex_filters={"ImageOwnerAlias": "self"})[0]
assert own.name == "golden" and own.extra["image_owner_alias"] == "self"
second = ecs.create_node(
    name="second", size=size, image=own, ex_security_group_id=group, ex_vswitch_id=vswitch
)
refused("ImageUsingByInstance", ecs.delete_image, own)

for each in (node, second):
    assert ecs.ex_stop_node(each)
    ecs._wait_until_state([each], NodeState.STOPPED, wait_period=0.02)
    assert ecs.destroy_node(each)
until(lambda: len(ecs.list_nodes()), 0)
assert ecs.delete_image(NodeImage(own.id, own.name, ecs))
assert ecs.destroy_volume_snapshot(snapshot)
assert ecs.list_volumes() == []
print("ok")
