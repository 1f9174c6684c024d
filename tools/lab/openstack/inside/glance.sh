# Glance: images, in files. And Placement, which counts what compute hosts have left.
glance_up() {
  cat >/etc/glance/glance-api.conf <<E
[DEFAULT]
bind_host = 0.0.0.0
workers = 1
log_file = /var/log/glance/glance-api.log
enabled_backends = fs:file
[database]
connection = $(database glance)
[glance_store]
default_backend = fs
[fs]
filesystem_store_datadir = /var/lib/glance/images/
[paste_deploy]
flavor = keystone
$(locks glance)
$(token_check glance)
E
  own glance /var/lib/glance/images /var/log/glance
  as glance glance-manage db_sync >"$logs/glance-db.log" 2>&1
  daemon glance-api glance glance-api --config-file /etc/glance/glance-api.conf
}

placement_up() {
  cat >/etc/placement/placement.conf <<E
[DEFAULT]
log_file = /var/log/placement/placement.log
[api]
auth_strategy = keystone
[placement_database]
connection = $(database placement)
$(token_check placement)
E
  own placement /var/log/placement
  as placement placement-manage db sync
  wsgi placement placement 8778 /usr/bin/placement-api
}
