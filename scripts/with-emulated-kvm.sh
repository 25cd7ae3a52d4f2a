#!/usr/bin/env bash
# Runs a command where /dev/kvm opens, on a host that has none: in a virtual machine of QEMU's TCG, whose
# processor has AMD's SVM, under Debian's stock kernel and its kvm-amd.
#
#   scripts/with-emulated-kvm.sh                      the tests that need KVM, some 10 minutes
#   scripts/with-emulated-kvm.sh npx basepoint doctor
#
# KVM is the real one there, on an emulated processor: what passes works, and how long it takes says
# nothing. The machine sees the host's files as they are, and writes to memory alone; of /tmp, and of
# what the command leaves anywhere else, nothing stays. Nothing is installed: the kernel's package and
# a static busybox are unpacked into the cache. Debian only. Ends with the command's exit code.
set -euo pipefail
home=$(cd "$(dirname "$0")/.." && pwd)
cache=${BASEPOINT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/basepoint}/emulated-kvm
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

[ $# -gt 0 ] || set -- npx vitest run --testTimeout=900000 --hookTimeout=900000 \
  test/native.test.ts test/real/fork.test.ts test/real/together.test.ts test/real/tiers.test.ts \
  -t 'KVM|many clones|vCPU has run'

fetch() { # PACKAGE: unpacked into the cache, unless it is there
  local folder=$cache/$1
  [ -d "$folder" ] && return
  echo "fetching $1" >&2
  (cd "$work" && apt-get download -q "$1" >&2)
  mkdir -p "$folder.partial"
  dpkg-deb -x "$work/$1"_*.deb "$folder.partial"
  mv "$folder.partial" "$folder"
}

kernel=$(apt-cache depends linux-image-amd64 2> /dev/null | awk '/Depends: linux-image-/ { print $2 }') || true
[ -n "$kernel" ] || {
  echo "no package linux-image-amd64 is known here: run apt-get update (Debian only)" >&2
  exit 3
}
fetch "$kernel"
fetch busybox-static
version=${kernel#linux-image-}

root=$work/root
modules=lib/modules/$version
mkdir -p "$root"/{bin,proc,sys,dev,host,memory,new,out} "$root/$modules"
cp -L "$(find "$cache/busybox-static" -path '*/bin/busybox' -type f)" "$root/bin/busybox"
chmod 755 "$root/bin/busybox"
for part in arch/x86/kvm virt drivers/crypto/ccp drivers/virtio net/9p fs/9p fs/netfs fs/fscache fs/overlayfs; do
  from=$cache/$kernel/$modules/kernel/$part
  [ ! -d "$from" ] || (mkdir -p "$root/$modules/$part" && cp -r "$from/." "$root/$modules/$part")
done

{
  printf 'cd %q\n' "$home"
  printf '%q ' "$@"
} > "$work/command"
mkdir "$work/out"
cat > "$root/init" <<INIT
#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc none /proc
mount -t sysfs none /sys
mount -t devtmpfs none /dev
depmod
for module in virtio_pci 9pnet_virtio 9p overlay kvm-amd; do modprobe \$module; done
mount -t 9p -o trans=virtio,version=9p2000.L,msize=524288,cache=loose,ro host /host
mount -t 9p -o trans=virtio,version=9p2000.L out /out
mount -t tmpfs none /memory
mkdir /memory/upper /memory/work
mount -t overlay -o lowerdir=/host,upperdir=/memory/upper,workdir=/memory/work none /new
cd /new
mount -t proc none proc
mount -t sysfs none sys
mount -t devtmpfs none dev
mkdir -p dev/shm dev/pts
mount -t tmpfs none dev/shm
mount -t devpts none dev/pts
mount -t tmpfs none run
mount -t cgroup2 none sys/fs/cgroup
ip link set lo up
# Or the tests would skip, and pass.
if [ ! -c dev/kvm ]; then
  echo "no /dev/kvm: kvm-amd was not loaded"
  echo 3 > /out/code
  poweroff -f
fi
chroot . /usr/bin/env -i HOME="$HOME" PATH="$PATH" ${BASEPOINT_CACHE:+BASEPOINT_CACHE="$BASEPOINT_CACHE"} \
  /bin/bash -e "$work/command" < /dev/null
echo \$? > /out/code
poweroff -f
INIT
chmod 755 "$root/init"
(cd "$root" && find . | cpio -o -H newc --quiet) > "$work/initramfs"

memory=$(awk '/MemAvailable/ { half = int($2 / 2048); print half < 8192 ? half : 8192 }' /proc/meminfo)
# Its clock is QEMU's, the same on every processor; without the word its kernel would not trust it.
qemu-system-x86_64 -accel tcg,thread=multi -cpu EPYC,+svm,+npt -smp "$(nproc)" -m "${memory}M" \
  -nodefaults -no-user-config -display none -no-reboot -serial stdio \
  -kernel "$cache/$kernel/boot/vmlinuz-$version" -initrd "$work/initramfs" \
  -append 'console=ttyS0 quiet panic=-1 mitigations=off tsc=reliable' \
  -virtfs local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap \
  -virtfs "local,path=$work/out,mount_tag=out,security_model=none" \
  < /dev/null 2> >(grep -v "TCG doesn't support requested feature" >&2) || true
[ -s "$work/out/code" ] || {
  echo 'the emulated machine ended before the command did' >&2
  exit 3
}
exit "$(cat "$work/out/code")"
