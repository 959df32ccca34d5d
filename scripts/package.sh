#!/usr/bin/env bash
# package.sh: makes dist/vtenrichd_VERSION_ARCH.deb of the release binary and of what `make install` installs. `make package`
# builds the binary first. VERSION, DEBFULLNAME and DEBEMAIL replace what the package says of itself.
set -euo pipefail
umask 022
cd "$(dirname "$0")/.."

# need COMMAND PACKAGE
need() {
    command -v "$1" >/dev/null || {
        printf 'package.sh: %s is missing: apt-get install %s\n' "$1" "$2" >&2
        exit 1
    }
}
need dpkg-deb dpkg
need dpkg-shlibdeps dpkg-dev
need strip binutils

version=${VERSION:-$(.build/release/vtenrichd --version)}
architecture=$(dpkg --print-architecture)
maintainer="${DEBFULLNAME:-The vtenrichd authors} <${DEBEMAIL:-vtenrichd@users.noreply.github.com}>"
# Of one commit always the same package.
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
doc=$root/usr/share/doc/vtenrichd
mkdir "$root"
chmod 755 "$root"

# fill TEMPLATE: with the values of this package.
fill() {
    sed -e "s|@VERSION@|$version|" -e "s|@ARCHITECTURE@|$architecture|" -e "s|@MAINTAINER@|$maintainer|" \
        -e "s|@DATE@|$(date -uRd "@$SOURCE_DATE_EPOCH")|" -e "s|@SIZE@|${size:-}|" -e "s|@SHLIBS@|${libraries:-}|" "$1"
}

make --no-print-directory -s install DESTDIR="$root" PREFIX=/usr

# Where Debian has things.
strip --strip-all --remove-section=.comment --remove-section=.note "$root/usr/bin/vtenrichd"
mv "$root/usr/share/zsh/site-functions" "$root/usr/share/zsh/vendor-completions"
sed -i '1{/^#!/d}' "$root/usr/share/bash-completion/completions/vtenrichd" # it is read, not run
rm "$doc/LICENSE"
install -m 644 packaging/debian/copyright "$doc/copyright"
fill packaging/debian/changelog.in | gzip -9n >"$doc/changelog.gz"
find "$root/usr/share/man" -type f -exec gzip -9n {} +
install -D -m 644 packaging/debian/lintian-overrides "$root/usr/share/lintian/overrides/vtenrichd"

# The libraries that it really needs, in the versions that it really needs.
mkdir -p "$work/source/debian"
printf 'Source: vtenrichd\n\nPackage: vtenrichd\nArchitecture: any\n' >"$work/source/debian/control"
libraries=$(cd "$work/source" && dpkg-shlibdeps -O -e"$root/usr/bin/vtenrichd" 2>"$work/shlibdeps" | sed -n 's/^shlibs:Depends=//p' || true)
[ -n "$libraries" ] || {
    cat "$work/shlibdeps" >&2
    exit 1
}
size=$(du -sk --apparent-size "$root" | cut -f1)

mkdir "$root/DEBIAN"
fill packaging/debian/control.in >"$root/DEBIAN/control"
echo /etc/vtenrichd/vtenrichd.yaml >"$root/DEBIAN/conffiles"
install -m 755 -t "$root/DEBIAN" packaging/debian/{postinst,prerm,postrm}
(cd "$root" && find usr -type f -print0 | sort -z | xargs -0 md5sum) >"$root/DEBIAN/md5sums"
chmod 644 "$root"/DEBIAN/{control,conffiles,md5sums}

mkdir -p dist
deb=dist/vtenrichd_${version}_$architecture.deb
dpkg-deb --root-owner-group -Zxz --build "$root" "$deb" >/dev/null
glibc=$(objdump -T "$root/usr/bin/vtenrichd" | grep -o 'GLIBC_[0-9.]*' | sort -Vu | tail -n 1)
printf '%s: %s KiB, needs glibc %s\n' "$deb" "$(du -k "$deb" | cut -f1)" "${glibc#GLIBC_}"
