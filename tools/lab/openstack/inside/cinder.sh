# Cinder: volumes are sparse files, given to QEMU as loop devices (loopfile.py).
cinder_configure() {
  cat >/etc/cinder/cinder.conf <<E
[DEFAULT]
transport_url = $queue
auth_strategy = keystone
my_ip = $LAB_ADDRESS
state_path = /var/lib/cinder
glance_api_servers = http://$LAB_ADDRESS:9292
enabled_backends = files
osapi_volume_workers = 1
osapi_volume_listen = 0.0.0.0
log_dir = /var/log/cinder
target_helper = fake
quota_volumes = 100
quota_gigabytes = 4000
[files]
volume_driver = cinder.volume.drivers.loopfile.LoopFileDriver
volume_backend_name = files
loopfile_dir = /var/lib/cinder/volumes
[database]
connection = $(database cinder)
[service_user]
send_service_user_token = true
$(login cinder)
$(locks cinder)
$(token_check cinder)
E
  own cinder /var/log/cinder /var/lib/cinder
  cp /lab/inside/loopfile.py /usr/lib/python3/dist-packages/cinder/volume/drivers/loopfile.py
}
cinder_migrate() { as cinder cinder-manage db sync >"$logs/cinder-db.log" 2>&1; }
cinder_up() {
  daemon cinder-scheduler cinder cinder-scheduler
  # As root: it makes loop devices.
  daemon cinder-volume root cinder-volume
  wsgi cinder-api cinder 8776 /usr/bin/cinder-wsgi
}
