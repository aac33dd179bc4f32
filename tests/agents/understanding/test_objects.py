"""Objects: each name is found where it stands and spelled as its catalogue does, and nothing that only looks like one is taken for a target."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.agents.understanding import objects
from gnomon.agents.understanding.objects import find_objects

SENTENCES = [
    ("", ""),
    ("What is known about ", "?"),
    ("Fit the data of ", " with two orbits, each longer than 10 d."),
    ("Is ", " up tonight?"),
    ("For ", ", plot everything."),
    ("(", ")"),
    ("target=", ""),
    ("对", "做测光。"),
    ("请画出 ", " 的光变曲线。"),
    ("用", "的数据，找出周期"),
]


def found(question: str) -> list[tuple[str, str, str]]:
    slots = find_objects(question)
    for slot in slots:
        assert slot.type == "object"
        assert slot.text == question[slot.start : slot.end]
    return [(slot.text, slot.value, slot.name) for slot in slots]


# What people write | what it is called | its catalogue
NAMES = """
HD 164922 | HD 164922 | HD
hd209458 | HD 209458 | HD
HD209458b | HD 209458 b | HD
HD 209458 b | HD 209458 b | HD
HD 209458-b | HD 209458 b | HD
HD 98800 B | HD 98800 B | HD
ＨＤ１６４９２２ | HD 164922 | HD
HIP 67522 b | HIP 67522 b | HIP
HR 8799 b | HR 8799 b | HR
SAO 206462 | SAO 206462 | SAO
BD+20 1790 | BD+20 1790 | BD
BD −10 3166 | BD-10 3166 | BD
BD+14°4559 b | BD+14 4559 b | BD
CD-38 245 | CD-38 245 | CD
TYC 8998-760-1 b | TYC 8998-760-1 b | TYC
GJ 1214 b | GJ 1214 b | GJ
Gliese 581 g | GJ 581 g | GJ
Gl 229B | GJ 229 B | GJ
GJ 667 C c | GJ 667 C c | GJ
GJ 667Cc | GJ 667 C c | GJ
格利泽581 | GJ 581 | GJ
LHS 1140 b | LHS 1140 b | LHS
LTT 1445 A b | LTT 1445 A b | LTT
LTT 1445A b | LTT 1445 A b | LTT
LP 791-18 d | LP 791-18 d | LP
Wolf 359 | Wolf 359 | Wolf
沃尔夫359 | Wolf 359 | Wolf
Ross 128 b | Ross 128 b | Ross
Luyten 726-8 | Luyten 726-8 | Luyten
Lalande 21185 | Lalande 21185 | Lalande
Struve 2398 B | Struve 2398 B | Struve
WR 104 | WR 104 | WR
GD 358 | GD 358 | GD
LkCa 15 b | LkCa 15 b | LkCa
PDS 70 c | PDS 70 c | PDS
IRC +10216 | IRC +10216 | IRC
TIC 25155310 | TIC 25155310 | TIC
TIC25155310 | TIC 25155310 | TIC
TIC: 25155310 | TIC 25155310 | TIC
TIC ID 25155310 | TIC 25155310 | TIC
TIC-25155310 | TIC 25155310 | TIC
TIC 25155310 b | TIC 25155310 b | TIC
TIC 25155310.01 | TIC 25155310.01 | TIC
ToI-270 | TOI-270 | TOI
TOI 700 | TOI-700 | TOI
TOI-700 d | TOI-700 d | TOI
TOI-270.01 | TOI-270.01 | TOI
EPIC 201912552 | EPIC 201912552 | EPIC
KIC 8462852 | KIC 8462852 | KIC
KIC 08462852 | KIC 8462852 | KIC
KOI-961 | KOI-961 | KOI
KOI-245.01 | KOI-245.01 | KOI
K00245.01 | K00245.01 | KOI
Kepler-10b | Kepler-10 b | Kepler
Kepler-16 (AB) b | Kepler-16 (AB) b | Kepler
Kepler 22b | Kepler-22 b | Kepler
开普勒-22b | Kepler-22 b | Kepler
K2-131 b | K2-131 b | K2
K2-18b | K2-18 b | K2
K2 18b | K2-18 b | K2
WASP-126 | WASP-126 | WASP
WASP-12b | WASP-12 b | WASP
wasp 12 b | WASP-12 b | WASP
HAT-P-11 b | HAT-P-11 b | HAT-P
HATS-6 | HATS-6 | HATS
CoRoT-7 b | CoRoT-7 b | CoRoT
XO-3 | XO-3 | XO
TrES-2 | TrES-2 | TrES
KELT-9b | KELT-9 b | KELT
TRAPPIST-1 e | TRAPPIST-1 e | TRAPPIST
NGTS-1 | NGTS-1 | NGTS
Qatar-1 | Qatar-1 | Qatar
MASCARA-1 b | MASCARA-1 b | MASCARA
OGLE-2005-BLG-390L b | OGLE-2005-BLG-390L b | OGLE
OGLE-TR-56b | OGLE-TR-56 b | OGLE
OGLE-LMC-CEP-0227 | OGLE-LMC-CEP-0227 | OGLE
KMT-2019-BLG-0371L b | KMT-2019-BLG-0371L b | KMT
Gaia DR3 5853498713190525696 | Gaia DR3 5853498713190525696 | Gaia DR3
Gaia EDR3 source_id 5853498713190525696 | Gaia EDR3 5853498713190525696 | Gaia EDR3
Gaia DR2 source 5853498713190525696 | Gaia DR2 5853498713190525696 | Gaia DR2
Gaia BH1 | Gaia BH1 | Gaia BH
M 31 | M 31 | Messier
m31 | M 31 | Messier
M13 | M 13 | Messier
M5 | M 5 | Messier
Messier 87 | M 87 | Messier
M87* | M 87* | Messier
M 51a | M 51a | Messier
梅西耶31 | M 31 | Messier
Caldwell 14 | Caldwell 14 | Caldwell
ngc 7331 | NGC 7331 | NGC
NGC1068 | NGC 1068 | NGC
NGC 5194A | NGC 5194A | NGC
NGC 4038/4039 | NGC 4038/4039 | NGC
IC 342 | IC 342 | IC
UGC 12591 | UGC 12591 | UGC
PGC 54559 | PGC 54559 | PGC
Mrk 421 | Mrk 421 | Mrk
Markarian 501 | Mrk 501 | Mrk
Arp 220 | Arp 220 | Arp
Abell 1689 | Abell 1689 | Abell
ACO 2744 | Abell 2744 | Abell
HCG 92 | HCG 92 | HCG
I Zw 18 | I Zw 18 | Zw
ESO 137-001 | ESO 137-001 | ESO
ESO 350-G040 | ESO 350-G040 | ESO
MCG-05-23-016 | MCG -05-23-016 | MCG
3C 273 | 3C 273 | 3C
3C273 | 3C 273 | 3C
4C +71.07 | 4C +71.07 | 4C
OJ 287 | OJ 287 | OJ
Sh2-101 | Sh2-101 | Sh2
Barnard 33 | Barnard 33 | Barnard
HH 212 | HH 212 | HH
Pal 5 | Palomar 5 | Palomar
SDSS J100822.31+115802.0 | SDSS J100822.31+115802.0 | SDSS
2MASS J16281370-1431391 | 2MASS J16281370-1431391 | 2MASS
2MASX J00424433+4116074 | 2MASX J00424433+4116074 | 2MASX
WISE 0855−0714 | WISE J0855-0714 | WISE
WISEA J085510.74-071442.5 | WISEA J085510.74-071442.5 | WISEA
PSR J0437−4715 | PSR J0437-4715 | PSR
PSR B1919+21 | PSR B1919+21 | PSR
PSR J0737-3039A | PSR J0737-3039A | PSR
PSR B1257+12 b | PSR B1257+12 b | PSR
J0437-4715 | J0437-4715 | position
QSO B1422+231 | QSO B1422+231 | QSO
PKS 2155-304 | PKS 2155-304 | PKS
TXS 0506+056 | TXS 0506+056 | TXS
1ES 1959+650 | 1ES 1959+650 | 1ES
WD 1145+017 | WD 1145+017 | WD
IRAS 16293-2422 | IRAS 16293-2422 | IRAS
RX J0806.3+1527 | RX J0806.3+1527 | RX
1RXS J160929.1-210524 b | 1RXS J160929.1-210524 b | 1RXS
XTE J1550-564 | XTE J1550-564 | XTE
MAXI J1820+070 | MAXI J1820+070 | MAXI
Swift J1644+57 | Swift J1644+57 | Swift
GRS 1915+105 | GRS 1915+105 | GRS
GX 339-4 | GX 339-4 | GX
4U 1636-536 | 4U 1636-536 | 4U
1E 0657-56 | 1E 0657-56 | 1E
SGR 1935+2154 | SGR 1935+2154 | SGR
MACS J0416.1-2403 | MACS J0416.1-2403 | MACS
Cyg X-1 | Cyg X-1 | X-ray source
Cygnus X-1 | Cyg X-1 | X-ray source
天鹅座X-1 | Cyg X-1 | X-ray source
M82 X-1 | M 82 X-1 | ULX
NGC 5907 ULX-1 | NGC 5907 X-1 | ULX
Sgr A* | Sgr A* | common name
人马座A* | Sgr A* | common name
Cen A | NGC 5128 | NGC
SN 1987A | SN 1987A | SN
sn 1987a | SN 1987A | SN
SN2011fe | SN 2011fe | SN
SN Ia 2011fe | SN 2011fe | SN
超新星 2011fe | SN 2011fe | SN
SN 1006 | SN 1006 | SN
AT 2017gfo | AT 2017gfo | AT
AT2018cow | AT 2018cow | AT
at2018cow | AT 2018cow | AT
GRB 170817A | GRB 170817A | GRB
grb170817a | GRB 170817A | GRB
GW150914 | GW150914 | GW
GW 170817 | GW170817 | GW
S190425z | S190425z | superevent
FRB 20121102A | FRB 20121102A | FRB
FRB121102 | FRB 121102 | FRB
EP240414a | EP240414a | EP
IceCube-170922A | IceCube-170922A | IceCube
ZTF18abcdefg | ZTF18abcdefg | ZTF
ASASSN-14li | ASASSN-14li | ASASSN
ATLAS19xyz | ATLAS19xyz | ATLAS
Gaia16aye | Gaia16aye | Gaia alert
iPTF16geu | iPTF 16geu | PTF
M31N 2008-12a | M31N 2008-12a | M31N
Nova Cygni 1992 | Nova Cyg 1992 | nova
(433) Eros | (433) Eros | asteroid
433 Eros | (433) Eros | asteroid
99942 Apophis | (99942) Apophis | asteroid
(3200) Phaethon | (3200) Phaethon | asteroid
2015 TB145 | 2015 TB145 | asteroid
小行星 433 | (433) Eros | asteroid
小行星12345 | (12345) | asteroid
asteroid 99942 | (99942) Apophis | asteroid
1950 DA | (29075) 1950 DA | asteroid
Ceres | (1) Ceres | asteroid
谷神星 | (1) Ceres | asteroid
1P/Halley | 1P/Halley | comet
Halley's comet | 1P/Halley | comet
哈雷彗星 | 1P/Halley | comet
67P | 67P | comet
67P/Churyumov-Gerasimenko | 67P/Churyumov-Gerasimenko | comet
C/2020 F3 (NEOWISE) | C/2020 F3 (NEOWISE) | comet
C/2023 A3（紫金山-阿特拉斯） | C/2023 A3 | comet
C/2014 UN271 | C/2014 UN271 | comet
2I/Borisov | 2I/Borisov | interstellar object
delta Cephei | delta Cep | Bayer
δ Cep | delta Cep | Bayer
仙王座δ | delta Cep | Bayer
alpha Centauri A | alpha Cen A | Bayer
α Cen | alpha Cen | Bayer
半人马座α星A | alpha Cen A | Bayer
beta Pictoris b | beta Pic b | Bayer
beta pic b | beta Pic b | Bayer
ε Eri b | epsilon Eri b | Bayer
ε Indi A b | epsilon Ind A b | Bayer
υ And d | upsilon And d | Bayer
τ Boo b | tau Boo b | Bayer
α2 CVn | alpha2 CVn | Bayer
π¹ Ori | pi1 Ori | Bayer
η Carinae | eta Car | Bayer
猎户座α | alpha Ori | Bayer
55 Cnc e | 55 Cnc e | Flamsteed
巨蟹座55e | 55 Cnc e | Flamsteed
51 Pegasi b | 51 Peg b | Flamsteed
51 peg b | 51 Peg b | Flamsteed
飞马座51b | 51 Peg b | Flamsteed
飞马座 51 b | 51 Peg b | Flamsteed
61 Cyg A | 61 Cyg A | Flamsteed
天鹅座61 | 61 Cyg | Flamsteed
16 Cyg B b | 16 Cyg B b | Flamsteed
47 UMa c | 47 UMa c | Flamsteed
11 Leonis Minoris | 11 LMi | Flamsteed
RR Lyr | RR Lyr | GCVS
天琴座RR | RR Lyr | GCVS
V404 Cyg | V404 Cyg | GCVS
v404 cyg | V404 Cyg | GCVS
天鹅座V404 | V404 Cyg | GCVS
T CrB | T CrB | GCVS
北冕座T | T CrB | GCVS
AU Mic b | AU Mic b | GCVS
TW Hya | TW Hya | GCVS
DS Tuc A b | DS Tuc A b | GCVS
BL Lac | BL Lac | GCVS
Vega | Vega | common name
vega | Vega | common name
织女星 | Vega | common name
天狼星 | Sirius | common name
Sirius B | Sirius B | common name
天狼星B | Sirius B | common name
参宿四 | Betelgeuse | common name
北落师门b | Fomalhaut b | common name
Proxima Centauri b | Proxima Centauri b | common name
Proxima b | Proxima Centauri b | common name
比邻星b | Proxima Centauri b | common name
Barnard's star | Barnard's star | common name
Barnard’s Star b | Barnard's star b | common name
Tabby's star | KIC 8462852 | KIC
Boyajian's Star | KIC 8462852 | KIC
Crab Nebula | M 1 | Messier
蟹状星云 | M 1 | Messier
Andromeda galaxy | M 31 | Messier
仙女座星系 | M 31 | Messier
Orion nebula | M 42 | Messier
whirlpool galaxy | M 51 | Messier
Tarantula Nebula | NGC 2070 | NGC
昴星团 | M 45 | Messier
LMC | LMC | common name
大麦哲伦云 | LMC | common name
Crab pulsar | PSR B0531+21 | PSR
Mars | Mars | Solar System
火星 | Mars | Solar System
木卫二 | Europa | Solar System
"""


def cases() -> list[tuple[str, str, str]]:
    rows = [line.split(" | ") for line in NAMES.strip().splitlines()]
    return [(said, value, name) for said, value, name in rows]


@pytest.mark.parametrize(("said", "value", "name"), cases())
def test_a_name_is_found_in_any_sentence(said: str, value: str, name: str) -> None:
    for before, after in SENTENCES:
        question = before + said + after
        slots = find_objects(question)
        assert found(question) == [(said, value, name)]
        assert slots[0].start == len(before)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("TIC 25155310 b and c", ["TIC 25155310 b"]),
        ("TOI-270 b, c and d", ["TOI-270 b"]),
        ("Is HD 164922 a planet host?", ["HD 164922"]),
        ("IS HD 164922 A PLANET HOST?", ["HD 164922"]),
        ("For hd 164922 i want a fit", ["HD 164922"]),
        ("Fit HD 164922 e = 0.1", ["HD 164922"]),
        ("HD 164922 e and ω", ["HD 164922"]),
        ("HD 209458 V = 7.65", ["HD 209458"]),
        ("HD 209458 B band photometry", ["HD 209458"]),
        ("HD 209458 B, V and R light curves", ["HD 209458"]),
        ("HD 209458 g r i photometry", ["HD 209458"]),
        ("HD 209458 C IV line", ["HD 209458"]),
        ("HD 209458 b 的质量", ["HD 209458 b"]),
        ("HD 209458's light curve", ["HD 209458"]),
        ("TOI-270 d's radius", ["TOI-270 d"]),
        ("M13 10d", ["M 13"]),
        ("M31, M33 and M51", ["M 31", "M 33", "M 51"]),
        ("M3, M5 and M13 are globular clusters", ["M 3", "M 5", "M 13"]),
        ("M31-M33 distance", ["M 31", "M 33"]),
        ("**M31**", ["M 31"]),
        ("HD 209458，TOI-270、K2-131 b；WASP-126", ["HD 209458", "TOI-270", "K2-131 b", "WASP-126"]),
        ("HD 209458/HD 189733", ["HD 209458", "HD 189733"]),
        ("SN 2011fe in M101", ["SN 2011fe", "M 101"]),
        ("猎户座大星云M42", ["M 42", "M 42"]),
        ("alpha Cen A and B", ["alpha Cen A"]),
        ("用HD164922.csv拟合HD164922", ["HD 164922"]),
        ("Kepler-90 i", ["Kepler-90 i"]),
        ("HR 8799 bcde", ["HR 8799"]),
        ("(1) Fit HD 164922, (2) plot it", ["HD 164922"]),
        ("Is the sun up?", ["Sun"]),
        ("When does the Moon set at Xinglong?", ["Moon"]),
        ("太阳什么时候落下？", ["Sun"]),
        ("the star RR Lyrae", ["RR Lyr"]),
        ("RR Lyrae variables in M3", ["M 3"]),
        ("asteroid 433 Eros at opposition", ["(433) Eros"]),
        ("How far is Jupiter from Mars?", ["Jupiter", "Mars"]),
        # A name that an earlier finder has taken, or has cut in two, is none.
        ("HD \0\0\0\0\0\0 and HD\0 209458", []),
        ("\0\0\0HD 209458\0\0", ["HD 209458"]),
    ],
)
def test_what_belongs_to_a_name(question: str, expected: list[str]) -> None:
    assert [value for _said, value, _name in found(question)] == expected


NOTHING = """
Which planets orbit this star?
Fit two planets with periods between 1 and 30 days.
The star has 0.874 ± 0.012 solar masses.
The host is an M 5 star with 5 M_sun in total.
Planets around an M dwarf of 0.2 Msun
Is the host an M5 dwarf?
The companion is an M4.5V star at 12 pc.
spectral type M5, G = 15
spectral types from K7 to M5
M0-M5
Plot the HR diagram of the cluster.
G = 15 and BP-RP = 1.2
这是一颗 K 型星，距离 12 秒差距。
主星是 M5 型矮星
The IC of the model is lower.
Signal to noise: S/N 20
The SN ratio is 20 in every bin.
Is there a GW signal in the data?
Observe at 10 pm for 3 h.
at 2019-05-01 for two nights
At 20 days the flux drops.
Use the AT 2 m telescope tonight.
Use the 2.16 m telescope at Xinglong.
How many stars did the K2 mission observe?
TESS sector 5 light curve, 27 days
Fetch Kepler data with 30 min cadence.
Kepler 90 days of data
Kepler 17 quarters were combined.
Use Kepler 5 sigma clipping.
K2 80 days of photometry
K2 campaign 5
Use Gaia DR3 parallaxes.
Query Gaia DR3 within 5 arcmin.
in 2018 we took 20 spectra
Use SDSS DR17 spectra of galaxies.
The radial velocity is 5 M, sorry, 5 m/s.
He said the result mars the paper.
A star like the Sun, 1.2 times the mass of the Sun
the density over that of the Sun
The planet has 3 Jupiter masses and 1.1 Jupiter radii.
Is it a hot Jupiter?
It is a sub-Neptune of 2.3 Earth radii in the Neptune desert.
质量为 0.8 倍太阳质量，半径 0.9 倍太阳半径
这是一颗热木星，质量 1.2 个木星质量
预报太阳耀斑的概率
有没有类地行星？周期 12 天
Find RR Lyrae stars in this table.
How many RR Lyrae are there?
Classify the δ Scuti stars by period.
Which of these are Mira variables?
T Tauri stars with disks
Select BL Lac objects at z > 0.3.
金牛T型星的光谱
天琴座RR型变星的周期
仙王座δ型变星的周光关系
alpha and beta are free parameters
mu and sigma of the Gaussian
Use sigma for the errors and tau for the delay.
Bin by 10 Per cent quantiles.
The component masses are M1 = 36 and M2 = 29 Msun.
Plot M1 against M2.
Set m1 and m2 to 1.4 Msun.
limiting magnitude down to m 22
B V R I photometry with airmass 1.5
U, B and V light curves
Correct for the sky at an airmass of 1.2.
Ran the fit with 2000 steps.
Run SMC sampling with 1000 particles.
Use the SMC algorithm.
AB magnitudes and Vega magnitudes
20.3 mag (Vega)
What is the Vega zero point?
Use an Algol-type model.
Halley's method converges in 5 steps.
Is RV jitter of 2 m/s included?
Fit the RVs with a GP of 20 d.
2018 UT is the epoch
the photometry of 2022 DR3 release
Show the SED from 1 to 10 μm.
HD video at 1080p
The file hd164922.csv has two columns.
Read data/HD209458_rv.txt and plot it.
Open M31.fits and show the header.
Compare models A, B and C with BIC.
Is planet b a giant?
planet c has a period of 10.3 d
行星 b 的周期是多少？
2018年7月25日在2.16米望远镜观测 3 小时
猎户座 10 月可以观测吗
仙女座流星雨什么时候最大？
在天鹅座 20 度范围内找变星
信噪比至少 20，曝光 300 秒
用 LAMOST DR9 的光谱
从今晚 20:10 到 22:30 观测
Observe from 20:10 to 22:30 on 2024-03-01.
exposure 3 x 300 s in g r i z
The pixel scale is 0.3 arcsec, 2048 x 2048.
z = 0.5 and H0 = 70 km/s/Mpc
Use 4 cores and 16 GB.
galaxies with log M = 10.5 and Sersic index n = 4
fit an NFW profile with c = 5
H alpha and O III lines at 5007 A
Ca II H and K, Na D and Li I 6708
the C IV 1549 and Mg II 2798 emission lines
J, H, K bands; J-K = 0.8
the 21 cm line and the 3 mm continuum
new moon and full moon nights
Is the target far enough away during dark moon?
新月前后三天，月相小于 0.3
WASP 8 cameras
TOI candidates with 5 transits
the ESO 3.6 m telescope and the VLT
ESO 1-2 m telescopes
Palomar 5 m telescope
4 C and 3 C detectors cooled to -20 C
We used 10 CD spectra.
Use B2 and B3 as free parameters.
run 3 of EP data
J2000 positions and B1950 positions
equinox J2000-20
period 10.5 d, e = 0.1, K = 3 m/s
The PSR class and the FRB rate
an FRB at 400 MHz
GRB afterglows within 10 h
a SN Ia at peak
SNe Ia with z < 0.1
supernova 1 day after explosion
asteroids larger than 10 km
asteroid 10 km in diameter
5 颗小行星
小行星 5 颗
comet tails of 10 degrees
Titan X GPU
IceCube has 86 strings
The Crab has 1 unit flux
ATLAS and ZTF forced photometry
ATLAS 20 nights
ZTF 18 months of data
Gaia 16 epochs
in the Leo constellation
Jupyter notebook and Python 3.11
Use Lomb-Scargle from 0.1 to 10 c/d with 5 harmonics.
用 Lomb-Scargle 周期图找周期，范围 0.5 到 50 天
拟合两颗行星，第二颗的周期约 300 天
恒星的有效温度 5800 K，表面重力 4.4
请画出光变曲线并折叠到 3.52 天
三角测距法与视差 10 mas
系外木星的大气
红移 0.5 的星系，质量 10^10.5 太阳质量
给出 V 星等 12.3 以下的源
望远镜 V 波段观测 20 分钟
S/N 20 at 20 mag in 1 h
20 M 31 s
10 h 8 m 22 s
2 m 31 s
Use KELT 5 cm cameras
Qatar 2022
Ross 2018 and Wolf 2019 found it
(Abell 1958)
the Arp atlas
HATS 6 telescopes
E = 0.1, F = 3 and I = 5
UT 20:30 to 21:00
at 2030utc
AT 2030UTC
RA 150 to 160
for each star AND each band
DETRENDED WITH GP AND FIT
the LTT effect
Planet b: P=3.5 d; planet c: P=10 d
Give me the GLS power at 1 d, 2 d and 3 d.
Compare it with the 2MASS and WISE photometry.
Cross match with 2MASS J, H and K magnitudes
Nova eruptions since 1992
M 10 Msun black hole
M31.5 is wrong
C 14 telescope with 35 cm
dtype="M8[ns]"
HD 999999 is beyond the catalogue
NGC 8000, M 111, IC 9999
GRB 171332A has no such day
"""


@pytest.mark.parametrize("question", NOTHING.strip().splitlines())
def test_nothing_is_invented(question: str) -> None:
    assert found(question) == []


def running() -> list[dict[str, Any]]:
    return [row for row in objects._rows("catalogues.yaml") if "max" in row]


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_any_number_of_a_catalogue_is_found(data: st.DataObject) -> None:
    row = data.draw(st.sampled_from(running()))
    word = data.draw(st.sampled_from(row["words"]))
    least = 10 ** max(row.get("min_digits", 1) - 1, 0)
    if word.islower():
        least = max(least, 10 ** (row.get("lower_digits", 1) - 1))
    number = data.draw(st.integers(least, row["max"]))
    if row["key"] == "Abell" and number in (1958, 1965, 1989):
        return  # years of Abell's papers
    glue = {"any": [" ", "", "-"], "tight": ["-", ""], "hyphen": ["-"], "space": [" ", ""], "none": [""]}
    said = word + data.draw(st.sampled_from(glue[row.get("glue", "any")])) + str(number)
    before, after = data.draw(st.sampled_from(SENTENCES))
    value = row.get("spelling", row["key"] + " ") + str(number)
    slots = find_objects(before + said + after)
    assert [(slot.start, slot.end) for slot in slots] == [(len(before), len(before) + len(said))]
    assert [(slot.value, slot.name) for slot in slots] == [(value, row["key"])]


@settings(deadline=None, max_examples=200)
@given(
    st.sampled_from([row for row in objects._rows("catalogues.yaml") if row.get("position") and not row.get("bare")]),
    st.integers(0, 23),
    st.integers(0, 59),
    st.integers(0, 599),
    st.sampled_from("+-−"),
    st.integers(0, 89),
    st.integers(0, 59),
    st.integers(0, 59),
    st.sampled_from(SENTENCES),
)
def test_any_position_of_a_survey_is_found(
    row: dict[str, Any], h: int, m: int, s: int, sign: str, d: int, dm: int, ds: int, sentence: tuple[str, str]
) -> None:
    said = f"{row['words'][0]} J{h:02d}{m:02d}{s / 10:04.1f}{sign}{d:02d}{dm:02d}{ds:02d}"
    before, after = sentence
    slots = find_objects(before + said + after)
    assert [(slot.start, slot.end, slot.name) for slot in slots] == [(len(before), len(before) + len(said), row["key"])]
    assert slots[0].value.endswith(said.split(" ")[1].replace("−", "-"))


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_any_star_of_a_constellation_is_found(data: st.DataObject) -> None:
    rows = objects._rows("catalogues.yaml")
    sky = data.draw(st.sampled_from([row for row in rows if "constellation" in row]))
    greek = data.draw(st.sampled_from([row for row in rows if "greek" in row]))
    star, value = data.draw(
        st.sampled_from(
            [(greek["sign"], greek["greek"]), (greek["greek"], greek["greek"]), ("51", "51"), ("V1234", "V1234")]
        )
    )
    planet = data.draw(st.sampled_from(["", " b", " d"]))
    said = data.draw(
        st.sampled_from(
            [
                f"{star} {sky['constellation']}{planet}",
                f"{star} {sky['genitive']}{planet}",
                f"{sky['zh'][0]}座{star}{planet}",
            ]
        )
    )
    before, after = data.draw(st.sampled_from(SENTENCES))
    prototypes = next(row["prototypes"] for row in rows if "prototypes" in row)
    name = f"{value} {sky['constellation']}"
    slots = find_objects(before + said + after)
    if name in prototypes and not slots:
        return  # the class may be meant
    assert [(slot.start, slot.end, slot.value) for slot in slots] == [
        (len(before), len(before) + len(said), name + planet)
    ]


def proper_names() -> list[tuple[str, str]]:
    rows = [row for row in objects._rows("named_objects.yaml") if "value" in row]
    names = [(n, row["value"]) for row in rows for n in (*row.get("en", [row["value"]]), *row.get("zh", []))]
    return names + [(n, n) for row in objects._rows("named_objects.yaml") for n in row.get("names", ())]


@pytest.mark.parametrize(("said", "value"), proper_names())
def test_every_proper_name_is_found(said: str, value: str) -> None:
    for before, after in [("Where is ", "?"), ("Show me ", ", please."), ("请问", "在哪里？"), ("观测 ", " 的时间")]:
        if said in ("Sun", "sun", "Moon", "moon"):
            before += "the "
        slots = find_objects(before + said + after)
        assert [(slot.start, slot.end, slot.value) for slot in slots] == [(len(before), len(before) + len(said), value)]


def test_every_catalogue_has_a_source() -> None:
    assert all(row["source"] for row in objects._rows("catalogues.yaml") if "key" in row)


def test_the_sky_has_88_constellations() -> None:
    rows = [row for row in objects._rows("catalogues.yaml") if "constellation" in row]
    assert len(rows) == len({row["constellation"] for row in rows}) == 88
    chinese = [name for row in rows for name in row["zh"]]
    assert len(chinese) == len(set(chinese))


@settings(deadline=None, max_examples=200)
@given(st.text(alphabet="HDGRBNCMISZTFKOEPWAVbcd e0123456789.+-()座α仙王天狼星\0/,", max_size=60))
def test_places_are_those_of_the_text(text: str) -> None:
    last = 0
    for slot in find_objects(text):
        assert slot.text == text[slot.start : slot.end] and "\0" not in slot.text
        assert last <= slot.start < slot.end
        last = slot.end


def test_importing_costs_nothing() -> None:
    code = (
        "import sys, gnomon.agents.understanding.objects, gnomon.agents.understanding.coordinates;"
        "assert not {'astropy', 'ruamel.yaml', 'numpy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("label it XL-7", "XL-7"),
        ("call the star Bob-3", "Bob-3"),
        ("the star is called Bob", "Bob"),
        ("the star name is foo", "foo"),
        ("star name: Wobbly 4", "Wobbly 4"),
        ("name of the star: X1", "X1"),
        ('the target is named "my star"', "my star"),
        ("call it 'Big Dipper 3'", "Big Dipper 3"),
        ("label the plots XL-7", "XL-7"),
        ("the star, labelled XL-7, shows dips", "XL-7"),
        ("use the name XL-7 in the plots", "XL-7"),
        ("nickname the star Fuzzy", "Fuzzy"),
        ("the figure should be titled XL-7", "XL-7"),
        ("target name should read XL-7.", "XL-7"),
        ("call the target 2b-9", "2b-9"),
        ("refer to it as Star-9", "Star-9"),
        ("the object, known as XL-7", "XL-7"),
        ("图上的星名写成 XL-7", "XL-7"),
        ("星名是 XL-7", "XL-7"),
        ("星名：XL-7，画图", "XL-7"),
        ("恒星名叫 阿尔法", "阿尔法"),
        ("恒星的名字是小白", "小白"),
        ("把目标称为 XL-7", "XL-7"),
        ("目标叫 Bob-3", "Bob-3"),
        ("图的标题写 XL-7", "XL-7"),
        ("标签用 XL-7", "XL-7"),
        ("名字就写 XL-7 吧", "XL-7"),
        ("这颗星叫“小星”", "小星"),
        ("命名为 XL-7", "XL-7"),
        ("天体名称为 XL-7", "XL-7"),
        ("星名叫 K-99b", "K-99b"),
        ("call the star HD 3167", "HD 3167"),
        ("label it HAT-P-11", "HAT-P-11"),
        ("the star's name is HAT-P-11 b", "HAT-P-11 b"),
    ],
)
def test_a_name_that_somebody_gives(question: str, value: str) -> None:
    assert [slot.value for slot in find_objects(question)] == [value]


@pytest.mark.parametrize(
    "question",
    [
        "the column called flux_2",
        "the file named data2",
        "label it clearly",
        "call it a day",
        "name the method BLS",
        "the star's name is unknown",
        "name the output file X7",
        "list the columns named T1 and T2",
        "the algorithm known as TLS",
        "planets called b and c",
        "label the axes in days",
        "use the label T1 for the time column",
        "the star is known as the host of 3 planets",
        'with the title "Phase curve"',
        "call the planets b and c",
        "the dips that people call transits",
        "so-called hot Jupiters",
        "the star is called variable",
        "星名写错了",
        "列名是 T1",
        "文件名叫 A1",
        "星名是什么",
        "标题用中文",
        "恒星的名字不要写",
        "把窗口叫做滤波宽度",
    ],
)
def test_what_is_no_given_name(question: str) -> None:
    assert find_objects(question) == []
