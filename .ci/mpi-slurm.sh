#!/usr/bin/env bash
# SLURM on this machine alone, with a configuration of its own: packages/mpi/slurm/train.sbatch trains on two ranks, one is killed, the job is queued again and
# goes on to the weights of one process; with Open MPI by PMIx, with MPICH by PMI-2. Needs root and Debian's slurm-wlm; without, it says that nothing was run.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH="$PATH:/usr/sbin"
for needed in munged slurmctld slurmd sbatch setpriv; do
  command -v "$needed" > /dev/null || { echo "not run: SLURM, since there is no $needed"; exit 0; }
done
[ "$(id -u)" = 0 ] || { echo 'not run: SLURM, which wants root here'; exit 0; }
folder=$(mktemp -d)
chmod 755 "$folder"
export SLURM_CONF="$folder/slurm.conf"
end() {
  for each in slurmd slurmctld munged; do [ ! -f "$folder/$each.pid" ] || kill "$(cat "$folder/$each.pid")" || true; done
  sleep 1
  rm -rf "$folder"
}
trap end EXIT
mkdir "$folder/munge"
dd if=/dev/urandom of="$folder/munge/key" bs=128 count=1 status=none
chmod 700 "$folder/munge" && chmod 400 "$folder/munge/key" && chown -R munge:munge "$folder/munge"
mkdir "$folder/socket" && chmod 755 "$folder/socket" && chown munge:munge "$folder/socket"
setpriv --reuid munge --regid munge --clear-groups munged --key-file="$folder/munge/key" --socket="$folder/socket/munge" \
  --pid-file="$folder/socket/munged.pid" --log-file="$folder/munge/log" --seed-file="$folder/munge/seed"
ln -s "$folder/socket/munged.pid" "$folder/munged.pid"
host=$(hostname -s)
cat > "$SLURM_CONF" << END
ClusterName=here
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=16817
SlurmdPort=16818
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$folder/socket/munge
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
NodeName=$host NodeAddr=127.0.0.1 CPUs=4
PartitionName=main Nodes=ALL Default=YES State=UP
END
mkdir "$folder/state" "$folder/spool"
slurmctld
sleep 1
slurmd
for _ in $(seq 50); do sinfo -h -o %T 2> /dev/null | grep -q idle && break || sleep 0.2; done

script=(node --conditions=@pullback/source --import tsx "$PWD/packages/mpi/test/ranks/long.ts")
numbers() { grep -o '"numbers":"[0-9a-f]*"' | sort -u; }
wanted=$("${script[@]}" '{"epochs":30}' | numbers)
ranks() { pgrep -f "node .*$folder/$1.safetensors" > /dev/null; }
for kind in pmix pmi2; do
  srun --mpi=list 2>&1 | grep -q "$kind" || { echo "not run: $kind, which this SLURM does not know"; continue; }
  log="$folder/$kind.log"
  given="{\"epochs\":30,\"timeout\":4,\"pause\":20,\"file\":\"$folder/$kind.safetensors\"}"
  job=$(PULLBACK_MPI=$kind sbatch --parsable --nodes=1 --output="$log" packages/mpi/slurm/train.sbatch "${script[@]}" "$given")
  for _ in $(seq 600); do grep -cs pid "$log" | grep -qx 2 && break || sleep 0.1; done
  sleep 1
  kill -9 "$(grep -o '"rank":1,"pid":[0-9]*' "$log" | grep -o '[0-9]*$')"
  from=$(date +%s%N)
  while ranks "$kind"; do sleep 0.05; done
  took=$((($(date +%s%N) - from) / 1000000))
  # SLURM waits for two minutes before it starts a job again, so that the first start is cleared away: some seconds do here.
  until squeue -h -j "$job" -t PD 2> /dev/null | grep -q .; do sleep 0.2; done
  sleep 5
  scontrol update JobId="$job" StartTime=now
  while squeue -h -j "$job" 2> /dev/null | grep -q .; do sleep 0.2; done
  [ "$(numbers < "$log")" = "$wanted" ] || { echo "$kind: other weights"; cat "$log" "$folder"/slurm*.log; exit 1; }
  echo "$kind: a rank was killed, all ended after $took ms; the job was queued again and came to the weights of one process"
  [ "$took" -lt 10000 ] || exit 1
done
