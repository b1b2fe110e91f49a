#!/usr/bin/env bash
# Two hosts as network namespaces with names and networks of their own, reached by ssh: trains on both, then cuts one off in the middle, goes on, and compares the
# weights with those of one process. Needs root, ip, sshd and Open MPI; without, it says that nothing was run.
set -euo pipefail
cd "$(dirname "$0")/.."
for needed in ip unshare sshd ssh-keygen mpirun.openmpi; do
  PATH="$PATH:/usr/sbin" command -v "$needed" > /dev/null || { echo "not run: hosts in namespaces, since there is no $needed"; exit 0; }
done
ip netns add pullback-try 2> /dev/null || { echo 'not run: hosts in namespaces, which are not allowed here'; exit 0; }
ip netns del pullback-try
folder=$(mktemp -d)
own=()
end() {
  for pid in "${own[@]}"; do kill "$pid" 2> /dev/null || true; done
  for i in 1 2; do ip netns pids "pullback-$i" 2> /dev/null | xargs -r kill -9 2> /dev/null || true; ip netns del "pullback-$i" 2> /dev/null || true; done
  rm -rf "$folder"
}
trap end EXIT
ssh-keygen -q -t ed25519 -N '' -f "$folder/host"
ssh-keygen -q -t ed25519 -N '' -f "$folder/key"
chmod 600 "$folder"/key "$folder"/host
mkdir -p /run/sshd
ip link add pullback-a type veth peer name pullback-b
for i in 1 2; do
  ip netns add "pullback-$i"
  ip link set "pullback-$([ $i = 1 ] && echo a || echo b)" netns "pullback-$i" name wire
  ip -n "pullback-$i" addr add "10.77.0.$i/24" dev wire
  ip -n "pullback-$i" link set wire up
  ip -n "pullback-$i" link set lo up
  ip netns exec "pullback-$i" unshare --uts bash -c "hostname host-$i; exec /usr/sbin/sshd -D -e -f /dev/null -p 2222 -h '$folder/host' -o AuthorizedKeysFile='$folder/key.pub' \
    -o StrictModes=no -o PermitRootLogin=yes -o UsePAM=no -o PidFile=none" 2> "$folder/sshd-$i" &
  own+=($!)
done
script="--conditions=@pullback/source --import tsx $PWD/packages/mpi/test/ranks/long.ts"
agent="ssh -p 2222 -i $folder/key -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR"
# Without these the launcher waits for five minutes for a host that is gone.
lively='--mca oob_tcp_keepalive_time 2 --mca oob_tcp_keepalive_intvl 1 --mca oob_tcp_keepalive_probes 3'
hosts() {
  ip netns exec pullback-1 unshare --uts bash -c "hostname host-1; exec timeout 120 mpirun.openmpi --allow-run-as-root --mca plm_rsh_agent '$agent' --mca btl self,tcp --mca pml ob1 \
    --mca btl_tcp_if_include wire --mca oob_tcp_if_include wire $lively --host 10.77.0.1:1,10.77.0.2:1 -n 2 --wdir '$PWD' node $script '$1'"
}
# shellcheck disable=SC2086
wanted=$(node $script '{"epochs":20}' | grep -o '"numbers":"[0-9a-f]*"')
echo "on one process: $wanted"
# Waits until the first host reaches both.
reached() {
  for i in 1 2; do
    ip netns exec pullback-1 timeout 30 bash -c "until (echo > /dev/tcp/10.77.0.$i/2222) 2> /dev/null; do sleep 0.2; done" || { cat "$folder/sshd-$i"; exit 1; }
  done
}
reached
hosts '{"epochs":20,"timeout":4}' > "$folder/whole" 2>&1 || { cat "$folder/whole" "$folder"/sshd-*; exit 1; }
[ "$(grep -o '"numbers":"[0-9a-f]*"' "$folder/whole" | sort -u)" = "$wanted" ] || { echo 'two hosts came to other weights'; cat "$folder/whole"; exit 1; }
echo 'two hosts come to the same'
: > "$folder/cut"
hosts "{\"epochs\":20,\"timeout\":4,\"pause\":50,\"file\":\"$folder/m.safetensors\"}" > "$folder/cut" 2>&1 & job=$!
while [ "$(grep -c pid "$folder/cut")" -lt 2 ]; do sleep 0.1; done
sleep 2
ip -n pullback-2 link set wire down
from=$(date +%s%N)
since() { echo $((($(date +%s%N) - from) / 1000000)); }
while pgrep -f "^[^ ]*node .*$folder/m.safetensors" > /dev/null; do sleep 0.1; done
ranks=$(since)
rc=0; wait $job || rc=$?
took=$(since)
grep -h RankError "$folder/cut" | sort -u | head -4
echo "a host cut off: both ranks ended after $ranks ms, the launcher after $took ms with code $rc"
ip -n pullback-2 link set wire up
reached
hosts "{\"epochs\":20,\"timeout\":4,\"file\":\"$folder/m.safetensors\"}" > "$folder/again" 2>&1 || { cat "$folder/again"; exit 1; }
[ "$(grep -o '"numbers":"[0-9a-f]*"' "$folder/again" | sort -u)" = "$wanted" ] || { echo 'after it other weights came out'; cat "$folder/again"; exit 1; }
echo 'and go on to the same weights'
[ "$took" -lt 10000 ] || { echo 'must 10 s'; exit 1; }
