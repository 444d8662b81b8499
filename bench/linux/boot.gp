# SPDX-License-Identifier: Apache-2.0
# boot.gp - exits over time; variables: samples (the CSV file), picture (the SVG file).
set terminal svg size 900,420 font "sans,13" background "white"
set output picture
set datafile separator ","
set datafile columnheaders
set xlabel "seconds since QEMU's start"
set ylabel "exits per second"
set key outside right top
set grid ytics
t = n = 0
rate(x, y) = (d = x - t, e = y - n, t = x, n = y, d > 0 ? e / d : NaN)
again(x) = (t = n = 0, NaN)
plot samples using 1:(rate($1, $2)) with lines lw 2 lc rgb "#1f4e79" title "all", \
     "" using 1:(again($1)) notitle, \
     "" using 1:(rate($1, $3)) with lines lc rgb "#c55a11" title "I/O", \
     "" using 1:(again($1)) notitle, \
     "" using 1:(rate($1, $4)) with lines lc rgb "#548235" title "paging", \
     "" using 1:(again($1)) notitle, \
     "" using 1:(rate($1, $5)) with lines lc rgb "#7f6000" title "MSR", \
     "" using 1:(again($1)) notitle, \
     "" using 1:(rate($1, $7)) with lines lc rgb "#7030a0" title "CPUID"
