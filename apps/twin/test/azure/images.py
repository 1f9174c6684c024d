"""The vendor's own SDK for Python against disks, snapshots, images, galleries and tags. Prints ok."""

from sdk import compute, location, network, refused, resources, subscription, subscriptions

seoul = next(each for each in subscriptions.subscriptions.list_locations(subscription) if each.name == location)
assert seoul.metadata.physical_location == "Seoul" and seoul.metadata.paired_region[0].name == "koreasouth"
resources.resource_groups.create_or_update("rg", {"location": location})
vnet = network.virtual_networks.begin_create_or_update("rg", "vnet", {
    "location": location,
    "address_space": {"address_prefixes": ["10.1.0.0/16"]},
    "subnets": [{"name": "one", "address_prefix": "10.1.0.0/24"}],
}).result()
key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJhJdp07gEEyNQ6K2aHe2kNkQG9Ck3xqsKfmfWpIIKqL somebody"


def create(name, storage, provisioned=False, zones=None):
    body = {
        "location": location,
        "hardware_profile": {"vm_size": "Standard_B2s"},
        "storage_profile": storage,
        "network_profile": {"network_api_version": "2022-07-01", "network_interface_configurations": [{
            "name": "nic",
            "primary": True,
            "delete_option": "Delete",
            "ip_configurations": [{"name": "ip", "subnet": {"id": vnet.subnets[0].id}}],
        }]},
    }
    if zones:
        body["zones"] = zones
    if not provisioned:
        body["os_profile"] = {
            "computer_name": name,
            "admin_username": "cb",
            "linux_configuration": {
                "disable_password_authentication": True,
                "ssh": {"public_keys": [{"path": "/home/cb/.ssh/authorized_keys", "key_data": key}]},
            },
        }
    return compute.virtual_machines.begin_create_or_update("rg", name, body)


jammy = {"publisher": "Canonical", "offer": "0001-com-ubuntu-server-jammy", "sku": "22_04-lts-gen2", "version": "latest"}
from_image = {"create_option": "FromImage", "delete_option": "Delete"}
vm = create("first", {"image_reference": jammy, "os_disk": from_image}).result()

# Disks: made, attached, grown, detached.
disk = compute.disks.begin_create_or_update("rg", "data", {
    "location": location, "sku": {"name": "Premium_LRS"}, "disk_size_gb": 32, "creation_data": {"create_option": "Empty"},
}).result()
assert disk.disk_state == "Unattached" and disk.tier == "P4" and disk.provisioning_state == "Succeeded"
vm.storage_profile.data_disks = [{"lun": 0, "create_option": "Attach", "managed_disk": {"id": disk.id}}]
vm = compute.virtual_machines.begin_create_or_update("rg", "first", vm).result()
assert [each.name for each in vm.storage_profile.data_disks] == ["data"]
assert compute.disks.get("rg", "data").managed_by == vm.id
refused("OperationNotAllowed", lambda: compute.disks.begin_delete("rg", "data"))
disk = compute.disks.begin_update("rg", "data", {"disk_size_gb": 64, "tags": {"a": "b"}}).result()
assert disk.disk_size_gb == 64 and disk.tags == {"a": "b"} and disk.disk_state == "Attached"
refused("OperationNotAllowed", lambda: compute.disks.begin_update("rg", "data", {"disk_size_gb": 32}))
vm.storage_profile.data_disks = []
compute.virtual_machines.begin_create_or_update("rg", "first", vm).result()
assert compute.disks.get("rg", "data").disk_state == "Unattached"
zonal = compute.disks.begin_create_or_update("rg", "zonal", {
    "location": location, "disk_size_gb": 4, "creation_data": {"create_option": "Empty"}, "zones": ["1"],
}).result()
refused("BadRequest", lambda: compute.virtual_machines.begin_update("rg", "first", {
    "storage_profile": {"data_disks": [{"lun": 0, "create_option": "Attach", "managed_disk": {"id": zonal.id}}]},
}))
assert {each.name for each in compute.disks.list_by_resource_group("rg")} >= {"data", "zonal"}
for name in ("data", "zonal"):
    compute.disks.begin_delete("rg", name).result()

# A running machine, by a snapshot of its disk.
os_disk = vm.storage_profile.os_disk.managed_disk.id
copy = lambda source: {"location": location, "creation_data": {"create_option": "Copy", "source_resource_id": source}}
snapshot = compute.snapshots.begin_create_or_update("rg", "snap", copy(os_disk)).result()
assert snapshot.os_type == "Linux" and snapshot.disk_size_gb == 30 and len(list(compute.snapshots.list())) == 1
copied = compute.disks.begin_create_or_update("rg", "copied", copy(snapshot.id)).result()
compute.snapshots.begin_delete("rg", "snap").result()
attach = {"os_disk": {"create_option": "Attach", "os_type": "Linux", "managed_disk": {"id": copied.id}, "delete_option": "Delete"}}
refused("InvalidParameter", lambda: create("second", attach))
second = create("second", attach, provisioned=True).result()
assert second.os_profile is None and second.storage_profile.os_disk.create_option == "Attach"
compute.virtual_machines.begin_delete("rg", "second").result()

# The same by a gallery.
gallery = compute.galleries.begin_create_or_update("rg", "gallery", {"location": location}).result()
assert gallery.identifier.unique_name.endswith("GALLERY")
definition = compute.gallery_images.begin_create_or_update("rg", "gallery", "app", {
    "location": location, "os_type": "Linux", "os_state": "Specialized", "hyper_v_generation": "V2",
    "identifier": {"publisher": "me", "offer": "app", "sku": "one"},
}).result()
version = {
    "location": location,
    "storage_profile": {"source": {"id": vm.id}},
    "publishing_profile": {"target_regions": [{"name": location}]},
}
made = compute.gallery_image_versions.begin_create_or_update("rg", "gallery", "app", "1.0.0", version).result()
assert made.provisioning_state == "Succeeded" and made.storage_profile.os_disk_image.size_in_gb == 30
assert [each.name for each in compute.gallery_image_versions.list_by_gallery_image("rg", "gallery", "app")] == ["1.0.0"]
third = create("third", {"image_reference": {"id": definition.id}, "os_disk": from_image}, provisioned=True).result()
assert third.storage_profile.image_reference.exact_version == "1.0.0"
compute.virtual_machines.begin_delete("rg", "third").result()
compute.gallery_image_versions.begin_delete("rg", "gallery", "app", "1.0.0").result()
compute.gallery_images.begin_delete("rg", "gallery", "app").result()
compute.galleries.begin_delete("rg", "gallery").result()

# A generalized one.
body = {"location": location, "source_virtual_machine": {"id": vm.id}}
refused("OperationNotAllowed", lambda: compute.images.begin_create_or_update("rg", "image", body))
refused("OperationNotAllowed", lambda: compute.virtual_machines.generalize("rg", "first"))
compute.virtual_machines.begin_deallocate("rg", "first").result()
compute.virtual_machines.generalize("rg", "first")
image = compute.images.begin_create_or_update("rg", "image", {**body, "hyper_v_generation": "V2"}).result()
assert image.storage_profile.os_disk.os_state == "Generalized" and image.source_virtual_machine.id == vm.id
refused("OperationNotAllowed", lambda: compute.virtual_machines.begin_start("rg", "first"))
refused("InvalidParameter", lambda: compute.images.begin_create_or_update("rg", "other", {**body, "hyper_v_generation": "V1"}))
fourth = create("fourth", {"image_reference": {"id": image.id}, "os_disk": from_image}).result()
assert fourth.storage_profile.image_reference.id == image.id
assert [each.name for each in compute.images.list()] == ["image"]
# Of its disk, too, by a profile.
profile = {"os_disk": {"os_type": "Linux", "os_state": "Generalized", "managed_disk": {"id": os_disk}}}
compute.images.begin_create_or_update("rg", "of-disk", {"location": location, "storage_profile": profile}).result()
for name in ("image", "of-disk"):
    compute.images.begin_delete("rg", name).result()

# Tags of a scope.
tags = resources.tags.begin_update_at_scope(fourth.id, {"operation": "Merge", "properties": {"tags": {"x": "1"}}}).result()
assert tags.properties.tags == {"x": "1"}
assert resources.tags.get_at_scope(fourth.id).properties.tags == {"x": "1"}
assert compute.virtual_machines.get("rg", "fourth").tags == {"x": "1"}
resources.tags.begin_create_or_update_at_scope(f"/subscriptions/{subscription}", {"properties": {"tags": {"team": "us"}}}).result()
assert subscriptions.subscriptions.get(subscription).tags == {"team": "us"}

# A public address: to an interface, away from it, gone.
address = network.public_ip_addresses.begin_create_or_update("rg", "ip", {
    "location": location, "sku": {"name": "Standard"}, "public_ip_allocation_method": "Static", "zones": ["1", "2", "3"],
}).result()
assert address.ip_address and address.ip_configuration is None
(nic,) = [each for each in network.network_interfaces.list("rg") if each.virtual_machine.id == fourth.id]
nic.ip_configurations[0].public_ip_address = {"id": address.id}
nic = network.network_interfaces.begin_create_or_update("rg", nic.name, nic).result()
assert network.public_ip_addresses.get("rg", "ip").ip_configuration.id == nic.ip_configurations[0].id
refused("PublicIPAddressCannotBeDeleted", lambda: network.public_ip_addresses.begin_delete("rg", "ip"))
assert network.public_ip_addresses.update_tags("rg", "ip", {"tags": {"a": "b"}}).tags == {"a": "b"}
nic.ip_configurations[0].public_ip_address = None
network.network_interfaces.begin_create_or_update("rg", nic.name, nic).result()
network.public_ip_addresses.begin_delete("rg", "ip").result()
refused("StandardSkuPublicIPAddressesMustBeStatic", lambda: network.public_ip_addresses.begin_create_or_update("rg", "dynamic", {
    "location": location, "sku": {"name": "Standard"}, "public_ip_allocation_method": "Dynamic",
}))
dynamic = network.public_ip_addresses.begin_create_or_update("rg", "dynamic", {"location": location, "sku": {"name": "Basic"}}).result()
assert dynamic.ip_address is None
dynamic.public_ip_allocation_method = "Static"
assert network.public_ip_addresses.begin_create_or_update("rg", "dynamic", dynamic).result().ip_address
assert {each.name for each in network.public_ip_addresses.list_all()} == {"dynamic"}
resources.tags.begin_delete_at_scope(f"/subscriptions/{subscription}").result()
resources.resource_groups.begin_delete("rg").result()
print("ok")
