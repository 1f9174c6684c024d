#!/bin/sh
# The whole life of a VM over CB-Spider's API, with curl alone: register, VPC, security group, key pair, VM; list, status, suspend,
# resume, reboot; terminate, and delete everything. The same on every cloud, three values changed:
#
#   full-test.sh CLOUD IMAGE_NAME SPEC_NAME
#
# CLOUD is a directory with what is registered (driver.json, credential.json, region.json, connectionconfig.json; see mock/).
# SPIDER is where the API is (http://localhost:1024/spider). FORM says how GET and DELETE name the connection: in a JSON body
# (body, the default) or in the query (query). POLL is how many seconds pass between two looks (1). SPIDER_USERNAME and SPIDER_PASSWORD log in, where the server wants it.
set -eu

CLOUD=${1:?CLOUD IMAGE_NAME SPEC_NAME}
IMAGE_NAME=${2:?CLOUD IMAGE_NAME SPEC_NAME}
SPEC_NAME=${3:?CLOUD IMAGE_NAME SPEC_NAME}
SPIDER=${SPIDER:-http://localhost:1024/spider}
FORM=${FORM:-body}
LOGIN=
[ -z "${SPIDER_USERNAME:-}" ] || LOGIN="-u $SPIDER_USERNAME:${SPIDER_PASSWORD:-}"

# The value of a field in a line of JSON.
field() { printf '%s' "$2" | sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }
CONN_CONFIG=$(field ConfigName "$(tr -d '\n' < "$CLOUD/connectionconfig.json" | sed 's/: *"/:"/g')")
CONNECTION="{\"ConnectionName\":\"$CONN_CONFIG\"}"

# call METHOD PATH [BODY]: the answer in $ANSWER; the script ends where it is an error.
call() {
  ANSWER=$(curl -sS --max-time 600 $LOGIN -w '\n%{http_code}' -X "$1" "$SPIDER$2" \
    ${3:+-H 'Content-Type: application/json' -d "$3"}) || fail "$1 $2: no answer"
  CODE=${ANSWER##*
}
  ANSWER=${ANSWER%
*}
  printf '%-6s %-52s %s\n' "$1" "$2" "$CODE"
  [ "$CODE" = 200 ] || fail "$1 $2: $CODE $ANSWER"
}
fail() { echo "FAILED $1" >&2; exit 1; }
create() { call POST "$1" "{\"ConnectionName\":\"$CONN_CONFIG\",\"ReqInfo\":$2}"; }
# of METHOD PATH: what names nothing but the connection, in either form.
of() {
  case "$FORM:$2" in
    query:*\?*) call "$1" "$2&ConnectionName=$CONN_CONFIG" ;;
    query:*) call "$1" "$2?ConnectionName=$CONN_CONFIG" ;;
    *) call "$1" "$2" "$CONNECTION" ;;
  esac
}
expect() { case "$ANSWER" in *"$1"*) ;; *) fail "$1 is not in: $ANSWER" ;; esac; }
absent() { case "$ANSWER" in *"$1"*) fail "$1 is still in: $ANSWER" ;; esac; }
until_status() {
  tries=0
  while :; do
    of GET /vmstatus/vm-01
    case "$ANSWER" in *"\"$1\""*) return ;; esac
    tries=$((tries + 1))
    [ $tries -lt 300 ] || fail "vm-01 does not become $1: $ANSWER"
    sleep "${POLL:-1}"
  done
}

for part in driver credential region connectionconfig; do
  call POST "/$part" "$(cat "$CLOUD/$part.json")"
done
call GET /connectionconfig && expect "\"$CONN_CONFIG\""
call GET "/connectionconfig/$CONN_CONFIG" && expect "\"ConfigName\":\"$CONN_CONFIG\""

create /vpc '{"Name":"vpc-01","IPv4_CIDR":"192.168.0.0/16","SubnetInfoList":[{"Name":"subnet-01","IPv4_CIDR":"192.168.1.0/24"}]}'
of GET /vpc && expect '"vpc":[{"IId":{"NameId":"vpc-01"'
of GET /vpc/vpc-01 && expect '"subnet-01"'

create /securitygroup '{"Name":"sg-01","VPCName":"vpc-01","SecurityRules":[{"FromPort":"1","ToPort":"65535","IPProtocol":"tcp","Direction":"inbound"}]}'
of GET /securitygroup && expect '"securitygroup":[{"IId":{"NameId":"sg-01"'
of GET /securitygroup/sg-01 && expect '"VpcIID":{"NameId":"vpc-01"'

create /keypair '{"Name":"keypair-01"}' && expect 'PRIVATE KEY'
of GET /keypair && expect '"keypair":[{"IId":{"NameId":"keypair-01"' && absent 'PRIVATE KEY'
of GET /keypair/keypair-01 && expect '"NameId":"keypair-01"'

create /vm "{\"Name\":\"vm-01\",\"ImageName\":\"$IMAGE_NAME\",\"VMSpecName\":\"$SPEC_NAME\",\"VPCName\":\"vpc-01\",\"SubnetName\":\"subnet-01\",\"SecurityGroupNames\":[\"sg-01\"],\"KeyPairName\":\"keypair-01\"}"
expect '"IId":{"NameId":"vm-01"'
of GET /vm && expect '"vm":[{"IId":{"NameId":"vm-01"'
of GET /vm/vm-01 && expect '"KeyPairIId":{"NameId":"keypair-01"'
of GET /vmstatus && expect '"VmStatus":"Running"'
of GET /vmstatus/vm-01 && expect '{"Status":"Running"}'
of GET /allvm && expect '"MappedList":[{"NameId":"vm-01"'

of GET '/controlvm/vm-01?action=suspend' && expect '{"Status":"Suspending"}'
until_status Suspended
of GET '/controlvm/vm-01?action=resume' && expect '{"Status":"Resuming"}'
until_status Running
of GET '/controlvm/vm-01?action=reboot' && expect '{"Status":"Rebooting"}'
until_status Running

of DELETE /vm/vm-01 && expect '{"Status":"Terminating"}'
of GET /vm && absent '"vm-01"'
of DELETE /keypair/keypair-01 && expect '{"Result":"true"}'
of DELETE /securitygroup/sg-01 && expect '{"Result":"true"}'
of DELETE /vpc/vpc-01 && expect '{"Result":"true"}'
for kind in vm keypair securitygroup vpc; do
  of GET "/all$kind" && expect '"MappedList":[]' && expect '"OnlySpiderList":[]'
done
NAME=$(field CredentialName "$(tr -d '\n' < "$CLOUD/credential.json" | sed 's/: *"/:"/g')")
REGION=$(field RegionName "$(tr -d '\n' < "$CLOUD/region.json" | sed 's/: *"/:"/g')")
DRIVER=$(field DriverName "$(tr -d '\n' < "$CLOUD/driver.json" | sed 's/: *"/:"/g')")
call DELETE "/connectionconfig/$CONN_CONFIG" && expect '{"Result":"true"}'
call DELETE "/region/$REGION" && expect '{"Result":"true"}'
call DELETE "/credential/$NAME" && expect '{"Result":"true"}'
call DELETE "/driver/$DRIVER" && expect '{"Result":"true"}'
echo "OK $CONN_CONFIG ($FORM form)"
