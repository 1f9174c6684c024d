"""The vendor's own SDK for Python against the wire: a group with everything a VM needs, driven and taken down. Prints ok."""

from azure.core.exceptions import ResourceNotFoundError

from sdk import compute, location, network, refused, resources, subscription, subscriptions

# Who and where.
assert [each.subscription_id for each in subscriptions.subscriptions.list()] == [subscription]
names = {each.name: each.display_name for each in subscriptions.subscriptions.list_locations(subscription)}
assert names["koreacentral"] == "Korea Central", names
refused("ResourceGroupNotFound", lambda: resources.resource_groups.get("rg"))
assert not resources.resource_groups.check_existence("rg")
group = resources.resource_groups.create_or_update("rg", {"location": "Korea Central", "tags": {"a": "b"}})
assert group.properties.provisioning_state == "Succeeded" and group.location == location
assert resources.resource_groups.check_existence("RG")

# Images, sizes, quotas.
offers = [each.name for each in compute.virtual_machine_images.list_offers(location, "Canonical")]
assert "ubuntu-24_04-lts" in offers, offers
jammy = ("Canonical", "0001-com-ubuntu-server-jammy", "22_04-lts-gen2")
(version,) = compute.virtual_machine_images.list(location, *jammy, top=1, orderby="name desc")
image = compute.virtual_machine_images.get(location, *jammy, version.name)
assert image.hyper_v_generation == "V2" and image.architecture == "x64" and image.os_disk_image.operating_system == "Linux"
sizes = {each.name: each for each in compute.virtual_machine_sizes.list(location)}
assert sizes["Standard_B1s"].memory_in_mb == 1024 and sizes["Standard_D2s_v5"].number_of_cores == 2
skus = [each for each in compute.resource_skus.list(filter=f"location eq '{location}'") if each.resource_type == "virtualMachines"]
gpu = next(each for each in skus if each.name == "Standard_NC4as_T4_v3")
assert {each.name: each.value for each in gpu.capabilities}["GPUs"] == "1"
assert any(each.name.value == "cores" and each.current_value == 0 for each in compute.usage.list(location))
assert any(each.name.value == "PublicIPAddresses" for each in network.usages.list(location))

# Network.
nsg = network.network_security_groups.begin_create_or_update("rg", "nsg", {"location": location}).result()
assert len(nsg.default_security_rules) == 6
ssh = {
    "protocol": "Tcp", "access": "Allow", "direction": "Inbound", "priority": 100,
    "source_address_prefix": "*", "source_port_range": "*",
    "destination_address_prefix": "*", "destination_port_range": "22",
}
network.security_rules.begin_create_or_update("rg", "nsg", "ssh", ssh).result()
refused("SecurityRuleConflict", lambda: network.security_rules.begin_create_or_update("rg", "nsg", "other", ssh))
vnet = network.virtual_networks.begin_create_or_update("rg", "vnet", {
    "location": location,
    "address_space": {"address_prefixes": ["10.1.0.0/16"]},
    "subnets": [{"name": "one", "address_prefix": "10.1.0.0/24", "network_security_group": {"id": nsg.id}}],
}).result()
assert vnet.provisioning_state == "Succeeded"
subnet = network.subnets.begin_create_or_update("rg", "vnet", "two", {"address_prefix": "10.1.1.0/24"}).result()
refused("NetcfgSubnetRangesOverlap", lambda: network.subnets.begin_create_or_update("rg", "vnet", "three", {"address_prefix": "10.1.1.128/25"}))
assert sorted(each.name for each in network.subnets.list("rg", "vnet")) == ["one", "two"]
address = network.public_ip_addresses.begin_create_or_update("rg", "ip", {
    "location": location, "sku": {"name": "Standard"}, "public_ip_allocation_method": "Static",
}).result()
nic = network.network_interfaces.begin_create_or_update("rg", "nic", {
    "location": location,
    "ip_configurations": [{"name": "ip", "subnet": {"id": vnet.subnets[0].id}, "public_ip_address": {"id": address.id}}],
}).result()
assert nic.ip_configurations[0].private_ip_address == "10.1.0.4"
refused("PublicIPAddressCannotBeDeleted", lambda: network.public_ip_addresses.begin_delete("rg", "ip"))
refused("InUseSubnetCannotBeDeleted", lambda: network.subnets.begin_delete("rg", "vnet", "one"))

# Keys.
compute.ssh_public_keys.create("rg", "key", {"location": location})
pair = compute.ssh_public_keys.generate_key_pair("rg", "key")
assert pair.private_key.startswith("-----BEGIN RSA PRIVATE KEY-----")
assert compute.ssh_public_keys.get("rg", "key").public_key == pair.public_key

# A virtual machine on an interface that was there.
def machine(name, **network_profile):
    return {
        "location": location,
        "tags": {"name": name},
        "hardware_profile": {"vm_size": "Standard_B1s"},
        "storage_profile": {
            "image_reference": {"publisher": jammy[0], "offer": jammy[1], "sku": jammy[2], "version": "latest"},
            "os_disk": {"create_option": "FromImage", "delete_option": "Delete"},
        },
        "os_profile": {
            "computer_name": name,
            "admin_username": "cb",
            "linux_configuration": {
                "disable_password_authentication": True,
                "ssh": {"public_keys": [{"path": "/home/cb/.ssh/authorized_keys", "key_data": pair.public_key}]},
            },
        },
        "network_profile": network_profile,
    }


def power(name):
    codes = [each.code for each in compute.virtual_machines.instance_view("rg", name).statuses]
    return next(code for code in codes if code.startswith("PowerState/"))


body = machine("first", network_interfaces=[{"id": nic.id, "delete_option": "Delete"}])
vm = compute.virtual_machines.begin_create_or_update("rg", "first", body).result()
assert vm.provisioning_state == "Succeeded" and vm.hardware_profile.vm_size == "Standard_B1s"
assert power("first") == "PowerState/running"
refused("NicInUse", lambda: network.network_interfaces.begin_delete("rg", "nic"))
for deed, state in (
    ("begin_power_off", "stopped"), ("begin_start", "running"), ("begin_restart", "running"), ("begin_deallocate", "deallocated"),
):
    getattr(compute.virtual_machines, deed)("rg", "first").result()
    assert power("first") == f"PowerState/{state}", (deed, power("first"))
compute.virtual_machines.begin_update("rg", "first", {"tags": {"name": "renamed"}}).result()
expanded = compute.virtual_machines.get("rg", "first", expand="instanceView")
assert expanded.tags == {"name": "renamed"} and expanded.instance_view.statuses

# One that brings its interface along, found again by its tag.
body = machine("second", network_api_version="2022-07-01", network_interface_configurations=[{
    "name": "nic",
    "primary": True,
    "delete_option": "Delete",
    "network_security_group": {"id": nsg.id},
    "ip_configurations": [{
        "name": "ip",
        "subnet": {"id": subnet.id},
        "public_ip_address_configuration": {"name": "ip", "sku": {"name": "Standard"}, "delete_option": "Delete"},
    }],
}])
compute.virtual_machines.begin_create_or_update("rg", "second", body).result()
found = list(resources.resources.list(filter="tagName eq 'name' and tagValue eq 'second'"))
assert [each.name for each in found] == ["second"], found
assert {each.name for each in compute.virtual_machines.list("rg")} == {"first", "second"}
assert len(list(compute.virtual_machines.list_all())) == 2
assert len(list(compute.disks.list())) == 2
assert len(list(network.network_interfaces.list_all())) == 2
refused("InvalidParameter", lambda: compute.virtual_machines.begin_create_or_update("rg", "third", {**body, "hardware_profile": {"vm_size": "t3.micro"}}))

compute.virtual_machines.begin_delete("rg", "second").result()
assert [each.name for each in network.network_interfaces.list_all()] == ["nic"]
assert [each.name for each in network.public_ip_addresses.list_all()] == ["ip"]
resources.resource_groups.begin_delete("rg").result()
try:
    compute.virtual_machines.get("rg", "first")
    raise AssertionError("it is gone")
except ResourceNotFoundError:
    pass
print("ok")
