"""
The cloud's stock, as its operator would provide it: flavors, the outer network, an image. The guest is a kernel and a
ramdisk, which Nova hands to QEMU as they are (the formats aki and ari), and an empty disk. Run twice it changes nothing.
"""
import ipaddress
import os

import openstack

cloud = openstack.connect()
guest = os.environ["LAB_GUEST"]
flavors = (("m1.nano", 1, 128, 1), ("m1.tiny", 1, 512, 1), ("m1.small", 1, 2048, 20), ("m1.medium", 2, 4096, 40))

for name, cpus, mib, gib in flavors:
    if not cloud.compute.find_flavor(name):
        cloud.compute.create_flavor(name=name, vcpus=cpus, ram=mib, disk=gib, is_public=True)

outer = cloud.network.find_network("public") or cloud.network.create_network(
    name="public", is_router_external=True, provider_network_type="flat", provider_physical_network="public"
)
if not list(cloud.network.subnets(network_id=outer.id)):
    block = ipaddress.ip_network(os.environ["LAB_FLOATING"])
    cloud.network.create_subnet(
        name="public",
        network_id=outer.id,
        ip_version=4,
        cidr=str(block),
        gateway_ip=os.environ["LAB_GATEWAY"],
        is_dhcp_enabled=False,
        allocation_pools=[{"start": str(block[10]), "end": str(block[-6])}],
    )


def upload(name, form, file, **properties):
    return cloud.image.find_image(name) or cloud.create_image(
        name,
        filename=os.path.join(guest, file),
        container_format="bare" if form == "raw" else form,
        disk_format=form,
        visibility="public",
        wait=True,
        **properties,
    )


kernel = upload("guest-kernel", "aki", "vmlinuz")
ramdisk = upload("guest-ramdisk", "ari", "initrd.gz")
upload(
    "debian-12-tiny",
    "raw",
    "disk.img",
    kernel_id=kernel.id,
    ramdisk_id=ramdisk.id,
    os_command_line="console=ttyS0 panic=1 quiet",
    architecture="x86_64",
    os_distro="debian",
    os_version="12",
    os_admin_user="debian",
)
