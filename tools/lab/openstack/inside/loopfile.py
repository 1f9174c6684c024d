"""
A Cinder volume driver for one machine: a volume is a sparse file, and while a server uses it, a loop device. It needs
no LVM, device mapper, iSCSI or NFS, which small and nested machines often lack. Nova's libvirt driver takes what
initialize_connection answers with as a block device of its own host ("local").
"""
import os

from cinder import interface
from cinder.image import image_utils
from cinder.volume import configuration
from cinder.volume import driver
from oslo_concurrency import processutils
from oslo_config import cfg
from oslo_utils import units

options = [cfg.StrOpt("loopfile_dir", default="/var/lib/cinder/volumes", help="Where the volumes' files lie.")]
cfg.CONF.register_opts(options, group=configuration.SHARED_CONF_GROUP)


def run(*command):
    return processutils.execute(*command)[0].strip()


@interface.volumedriver
class LoopFileDriver(driver.VolumeDriver):
    VERSION = "1.0.0"

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.configuration.append_config_values(options)

    @staticmethod
    def get_driver_options():
        return options

    def do_setup(self, context):
        self.dir = self.configuration.loopfile_dir
        os.makedirs(self.dir, exist_ok=True)

    def check_for_setup_error(self):
        run("losetup", "--version")

    # Files. A volume's and a snapshot's names differ, so they can lie side by side.

    def _file(self, item):
        return os.path.join(self.dir, item["name"])

    def _grow(self, path, gigabytes):
        with open(path, "ab") as file:
            file.truncate(gigabytes * units.Gi)

    def _copy(self, source, target):
        run("cp", "--sparse=always", self._file(source), self._file(target))

    def _remove(self, path):
        if os.path.exists(path):
            os.unlink(path)

    # Loop devices: at most one a volume.

    def _device(self, volume):
        lines = run("losetup", "--noheadings", "--output", "NAME", "--associated", self._file(volume)).split()
        return lines[0] if lines else None

    def _detach(self, volume):
        device = self._device(volume)
        if device:
            run("losetup", "--detach", device)

    def create_volume(self, volume):
        self._grow(self._file(volume), volume["size"])

    def delete_volume(self, volume):
        self._detach(volume)
        self._remove(self._file(volume))

    def create_snapshot(self, snapshot):
        self._copy(snapshot["volume"], snapshot)

    def delete_snapshot(self, snapshot):
        self._remove(self._file(snapshot))

    def create_volume_from_snapshot(self, volume, snapshot):
        self._copy(snapshot, volume)
        self._grow(self._file(volume), volume["size"])

    def create_cloned_volume(self, volume, source):
        self._copy(source, volume)
        self._grow(self._file(volume), volume["size"])

    def extend_volume(self, volume, new_size):
        self._grow(self._file(volume), new_size)
        device = self._device(volume)
        if device:
            run("losetup", "--set-capacity", device)

    def copy_image_to_volume(self, context, volume, image_service, image_id, disable_sparse=False):
        path = self._file(volume)
        image_utils.fetch_to_raw(context, image_service, image_id, path, "1M", size=volume["size"], run_as_root=False)
        self._grow(path, volume["size"])

    def copy_volume_to_image(self, context, volume, image_service, image_meta):
        image_utils.upload_volume(
            context, image_service, image_meta, self._file(volume), volume, run_as_root=False
        )

    def initialize_connection(self, volume, connector):
        device = self._device(volume) or run("losetup", "--find", "--show", self._file(volume))
        return {"driver_volume_type": "local", "data": {"device_path": device}}

    def terminate_connection(self, volume, connector, **kwargs):
        self._detach(volume)

    def create_export(self, context, volume, connector=None):
        pass

    def ensure_export(self, context, volume):
        pass

    def remove_export(self, context, volume):
        pass

    def _update_volume_stats(self):
        disk = os.statvfs(self.dir)
        self._stats = {
            "volume_backend_name": self.configuration.safe_get("volume_backend_name"),
            "vendor_name": "Cloud-Barista lab",
            "driver_version": self.VERSION,
            "storage_protocol": "local",
            "pools": [
                {
                    "pool_name": "files",
                    "total_capacity_gb": disk.f_blocks * disk.f_frsize // units.Gi,
                    "free_capacity_gb": disk.f_bavail * disk.f_frsize // units.Gi,
                    "reserved_percentage": 0,
                    "thin_provisioning_support": True,
                    "thick_provisioning_support": False,
                    "max_over_subscription_ratio": "20",
                    "provisioned_capacity_gb": 0,
                    "multiattach": False,
                    "QoS_support": False,
                }
            ],
        }
