#!/usr/bin/env bash
# build.sh FOLDER NAME [SETTING...]: makes FOLDER/NAME, the installed QEMU with a regression planted into it.
# The settings are those of plant.c, such as PLANT_MS=3; without any it is the QEMU that it is.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=$(cd "$1" && pwd)
name=$2
shift 2
flags=(-std=gnu11 -Wall -Wextra -Werror -O2)
real=$(readlink -f "$(command -v "${QEMU:-qemu-system-x86_64}")")
settings=
for setting in "$@" "PLANT_COUNT=$folder/$name.count"; do settings+="\"$setting\", "; done
[ -e "$folder/plant.so" ] || "${CC:-cc}" "${flags[@]}" -shared -fPIC -o "$folder/plant.so" "$here/plant.c"
"${CC:-cc}" "${flags[@]}" -static -DQEMU="\"$real\"" -DPLANT="\"$folder/plant.so\"" \
  -DSETTINGS="$settings" -o "$folder/$name" "$here/planted-qemu.c"
