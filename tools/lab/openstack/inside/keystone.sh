# Keystone: who is who, and where each service stands.
keystone_up() {
  cat >/etc/keystone/keystone.conf <<E
[DEFAULT]
log_file = /var/log/keystone/keystone.log
[database]
connection = $(database keystone)
[cache]
enabled = true
backend = dogpile.cache.pymemcache
memcache_servers = 127.0.0.1:11211
[token]
provider = fernet
expiration = 86400
E
  own keystone /var/log/keystone
  as keystone keystone-manage db_sync
  as keystone keystone-manage fernet_setup --keystone-user keystone --keystone-group keystone
  as keystone keystone-manage credential_setup --keystone-user keystone --keystone-group keystone
  local url=http://$LAB_ADDRESS:5000/v3/
  as keystone keystone-manage bootstrap --bootstrap-password "$LAB_PASSWORD" --bootstrap-region-id $region \
    --bootstrap-admin-url "$url" --bootstrap-internal-url "$url" --bootstrap-public-url "$url"
  wsgi keystone keystone 5000 /usr/bin/keystone-wsgi-public 2
  wait_http "http://$LAB_ADDRESS:5000/v3" Keystone
}
