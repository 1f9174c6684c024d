#!/bin/bash
# The guest's kernel, ramdisk and disk, made of Debian packages: run in the unpacked machine while it is built.
#   build.sh HERE OUT
# A kernel with busybox and dropbear in a ramdisk is up in seconds where a whole Debian under an emulated processor takes
# a minute; it behaves as a cloud's image should: an address by DHCP, its key, name and user data by the metadata service.
set -euo pipefail
here=$1 out=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# linux-image-cloud-amd64 only names the newest kernel.
kernel=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p' | head -1)
apt-get download -qq "$kernel" >/dev/null
mkdir -p kernel root/{bin,dev,etc/dropbear,home/debian,lib64,mod,proc,root,run,sys,tmp,usr/bin,usr/sbin,var/log}
dpkg-deb -x "$kernel"_*.deb kernel
version=$(ls kernel/lib/modules)

for applet in $(busybox --list); do ln -s busybox "root/bin/$applet"; done
# It lists itself too.
cp --remove-destination /bin/busybox root/bin/busybox
cp /usr/sbin/dropbear root/usr/sbin/
# The C library looks users and hosts up by libraries that it loads by name.
for library in $(ldd /usr/sbin/dropbear /bin/busybox | grep -o '/[^ ]*\.so[^ ]*') /lib/x86_64-linux-gnu/libnss_{files,dns}.so.2; do
  mkdir -p "root$(dirname "$library")"
  cp -L "$library" "root$library"
done

for module in drivers/virtio/virtio drivers/virtio/virtio_ring drivers/virtio/virtio_pci_legacy_dev \
  drivers/virtio/virtio_pci_modern_dev drivers/virtio/virtio_pci net/core/failover drivers/net/net_failover \
  drivers/net/virtio_net drivers/block/virtio_blk drivers/input/evdev drivers/acpi/button; do
  # What the kernel has built in is no file.
  file=kernel/lib/modules/$version/kernel/$module.ko
  [ ! -f "$file" ] || cp "$file" root/mod/
done

printf 'root:x:0:0:root:/root:/bin/sh\ndebian:x:1000:1000::/home/debian:/bin/sh\n' >root/etc/passwd
printf 'root:x:0:\ndebian:x:1000:\n' >root/etc/group
printf 'root:*:19000:0:99999:7:::\ndebian:*:19000:0:99999:7:::\n' >root/etc/shadow
echo /bin/sh >root/etc/shells
echo 'hosts: files dns' >root/etc/nsswitch.conf
install -m 755 "$here/init" root/init
install -m 755 "$here/dhcp" root/dhcp
# The power button, which a cloud's soft stop and soft reboot press.
mkdir -p root/etc/acpi/PWRF
printf '#!/bin/sh\npoweroff -f\n' >root/etc/acpi/PWRF/00000080
chmod 755 root/etc/acpi/PWRF/00000080
chmod 700 root/root
# It runs alone in there, before a guest tries.
chroot root /bin/sh -c 'ls / >/dev/null && wget --help 2>/dev/null; dropbear -V 2>/dev/null'

mkdir -p "$out"
cp "kernel/boot/vmlinuz-$version" "$out/vmlinuz"
(cd root && find . | cpio -o -H newc --quiet | gzip -1) >"$out/initrd.gz"
truncate -s 8M "$out/disk.img"
mkfs.ext4 -q -F "$out/disk.img"
chmod -R a+rX "$out"
