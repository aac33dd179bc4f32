<!-- What the test server publishes; read by DaCHS (docs.g-vo.org/DaCHS/ref.html).  The rows: dachs_rows.py. -->
<resource schema="votest" resdir="votest">
  <meta name="creationDate">2026-01-01T00:00:00Z</meta>
  <meta name="title">Test data of a loopback Virtual Observatory</meta>
  <meta name="description">Made-up stars, images and spectra for testing clients.</meta>
  <meta name="subject">surveys</meta>
  <meta name="creator">Nobody</meta>
  <meta name="instrument">none</meta>
  <meta name="facility">none</meta>
  <meta name="type">Catalog</meta>
  <meta name="coverage.waveband">Optical</meta>
  <meta name="ssap.dataSource">artificial</meta>
  <meta name="ssap.creationType">archival</meta>
  <meta name="ssap.testQuery">MAXREC=1</meta>
  <meta name="productType">spectrum</meta>

  <table id="stars" onDisk="True" adql="True" mixin="//scs#q3cindex" primary="source_id">
    <meta name="description">Made-up stars, ICRS, each at its own epoch</meta>
    <column name="source_id" type="bigint" ucd="meta.id;meta.main" required="True" description="Identifier"/>
    <column name="ra" type="double precision" unit="deg" ucd="pos.eq.ra;meta.main"
      description="Right ascension, ICRS, at ref_epoch"/>
    <column name="dec" type="double precision" unit="deg" ucd="pos.eq.dec;meta.main"
      description="Declination, ICRS, at ref_epoch"/>
    <column name="ref_epoch" type="double precision" unit="yr" ucd="meta.ref;time.epoch"
      description="Reference epoch of the position, Julian year"/>
    <column name="parallax" type="double precision" unit="mas" ucd="pos.parallax" description="Parallax"/>
    <column name="parallax_error" type="double precision" unit="mas" ucd="stat.error;pos.parallax"
      description="Standard error of the parallax"/>
    <column name="pmra" type="double precision" unit="mas/yr" ucd="pos.pm;pos.eq.ra"
      description="Proper motion in right ascension times cos(dec)"/>
    <column name="pmdec" type="double precision" unit="mas/yr" ucd="pos.pm;pos.eq.dec"
      description="Proper motion in declination"/>
    <column name="g_mag" unit="mag" ucd="phot.mag;em.opt" description="G magnitude"/>
    <column name="bp_rp" unit="mag" ucd="phot.color" description="Colour"/>
    <!-- A flux has a unit; this column forgets it, as columns of real tables do. -->
    <column name="flux" ucd="phot.flux;em.opt" description="Mean flux in G"/>
    <column name="name" type="unicode" ucd="meta.id" description="Name; most have none"/>
    <column name="n_obs" type="integer" ucd="meta.number" description="Number of observations">
      <values nullLiteral="-1"/>
    </column>
  </table>
  <data id="import_stars">
    <sources>data/stars.csv</sources>
    <csvGrammar enc="utf-8"/>
    <make table="stars">
      <rowmaker idmaps="*"><map key="name">parseWithNull(@name, str, "")</map></rowmaker>
    </make>
  </data>
  <service id="cone" allowed="scs.xml,form">
    <meta name="shortName">votest cone</meta>
    <meta name="testQuery.ra">10.0</meta>
    <meta name="testQuery.dec">20.0</meta>
    <meta name="testQuery.sr">0.01</meta>
    <publish render="scs.xml" sets="local"/>
    <scsCore queriedTable="stars"><FEED source="//scs#coreDescs"/></scsCore>
  </service>

  <!-- Positions whose epoch no column tells, and names that ADQL has to quote. -->
  <table id="old" onDisk="True" adql="True">
    <meta name="description">Stars of a catalogue that does not say its epoch</meta>
    <column name="label" type="text" ucd="meta.id;meta.main" description="Label"/>
    <column name="quoted/RAJ2000" type="double precision" unit="deg" ucd="pos.eq.ra;meta.main"
      description="Right ascension"/>
    <column name="quoted/DEJ2000" type="double precision" unit="deg" ucd="pos.eq.dec;meta.main"
      description="Declination"/>
    <column name="vmag" unit="mag" ucd="phot.mag;em.opt.V" description="V magnitude"/>
    <column name="quoted/B-V" unit="mag" ucd="phot.color;em.opt.B;em.opt.V" description="B - V"/>
    <column name="spectral_type" type="text" ucd="src.spType" description="Spectral type"/>
  </table>
  <data id="import_old">
    <sources>data/old.csv</sources>
    <csvGrammar enc="utf-8"/>
    <make table="old">
      <rowmaker idmaps="label,vmag">
        <map key="quoted/RAJ2000">float(@ra2000)</map>
        <map key="quoted/DEJ2000">float(@de2000)</map>
        <map key="quoted/B-V">parseWithNull(@b_v, float, "")</map>
        <map key="spectral_type">parseWithNull(@spectral_type, str, "")</map>
      </rowmaker>
    </make>
  </data>

  <!-- More rows than any limit lets through; joined with itself, more work than the time limit allows. -->
  <table id="many" onDisk="True" adql="True" primary="n">
    <meta name="description">Numbers from 0 up</meta>
    <column name="n" type="integer" ucd="meta.id;meta.main" required="True" description="Number of the row"/>
    <column name="x" type="double precision" ucd="stat.value" description="A random number below 1"/>
  </table>
  <data id="import_many">
    <sources>data/many.csv</sources>
    <csvGrammar/>
    <make table="many"><rowmaker idmaps="*"/></make>
  </data>

  <table id="plates" onDisk="True" adql="True" mixin="//siap#pgs">
    <meta name="description">Images of noise</meta>
    <mixin preview="NULL" calibLevel="2" collectionName="'votest'" targetName="imageTitle"
      expTime="exptime" productType="'image'">//obscore#publishSIAP</mixin>
    <column name="exptime" unit="s" ucd="time.duration;obs.exposure" description="Exposure time"/>
  </table>
  <data id="import_plates">
    <sources pattern="images/*.fits"/>
    <fitsProdGrammar><rowfilter procDef="//products#define">
      <bind key="table">"votest.plates"</bind>
    </rowfilter></fitsProdGrammar>
    <make table="plates"><rowmaker>
      <apply procDef="//siap#computePGS"/>
      <apply procDef="//siap#setMeta">
        <bind key="title">@OBJECT</bind>
        <bind key="dateObs">@DATE_OBS</bind>
        <bind key="bandpassId">@FILTER</bind>
        <bind key="instrument">"none"</bind>
        <bind key="pixflags">"C"</bind>
      </apply>
      <apply procDef="//siap#getBandFromFilter"/>
      <map key="exptime">@EXPTIME</map>
    </rowmaker></make>
  </data>
  <service id="siap" allowed="siap.xml,form">
    <meta name="shortName">votest siap</meta>
    <meta name="sia.type">Pointed</meta>
    <meta name="testQuery.pos.ra">30</meta>
    <meta name="testQuery.pos.dec">-50</meta>
    <meta name="testQuery.size.ra">1</meta>
    <meta name="testQuery.size.dec">1</meta>
    <publish render="siap.xml" sets="local"/>
    <dbCore queriedTable="plates">
      <condDesc original="//siap#protoInput"/>
      <condDesc original="//siap#humanInput"/>
    </dbCore>
  </service>

  <table id="raw_spectra" onDisk="True" adql="hidden" namePath="//ssap#instance">
    <LOOP listItems="ssa_dateObs ssa_dstitle ssa_targname ssa_length ssa_timeExt ssa_specstart ssa_specend ssa_specres">
      <events><column original="\item"/></events>
    </LOOP>
    <mixin>//products#table</mixin>
    <mixin>//ssap#plainlocation</mixin>
    <mixin>//ssap#simpleCoverage</mixin>
  </table>
  <data id="import_spectra">
    <recreateAfter>make_spectra</recreateAfter>
    <sources pattern="spectra/*.fits"/>
    <fitsProdGrammar qnd="True"><rowfilter procDef="//products#define">
      <bind key="table">"votest.raw_spectra"</bind>
    </rowfilter></fitsProdGrammar>
    <make table="raw_spectra"><rowmaker idmaps="*">
      <apply procDef="//ssap#fill-plainlocation">
        <bind key="ra">@RA</bind>
        <bind key="dec">@DEC</bind>
        <bind key="aperture">1/3600.</bind>
      </apply>
      <map key="ssa_dateObs">@MJD_OBS</map>
      <map key="ssa_dstitle">"Spectrum of "+@OBJECT</map>
      <map key="ssa_targname">@OBJECT</map>
      <map key="ssa_length">301</map>
      <map key="ssa_timeExt">@EXPTIME</map>
      <map key="ssa_specstart">600e-9</map>
      <map key="ssa_specend">750e-9</map>
      <map key="ssa_specres">1e-9</map>
    </rowmaker></make>
  </data>
  <table id="spectra" onDisk="True" adql="True">
    <meta name="description">Spectra with one line each</meta>
    <mixin sourcetable="raw_spectra" copiedcolumns="*" ssa_aperture="1/3600." ssa_fluxunit="'mJy'"
      ssa_spectralunit="'nm'" ssa_bandpass="'Optical'" ssa_collection="'votest'" ssa_fluxcalib="'ABSOLUTE'"
      ssa_fluxucd="'phot.flux.density;em.wl'" ssa_speccalib="'ABSOLUTE'" ssa_spectralucd="'em.wl'"
      ssa_targclass="'galaxy'">//ssap#view</mixin>
    <mixin calibLevel="2" coverage="ssa_region" sResolution="ssa_spaceres" oUCD="ssa_fluxucd"
      emUCD="ssa_spectralucd">//obscore#publishSSAPMIXC</mixin>
  </table>
  <data id="make_spectra" auto="False"><make table="spectra"/></data>
  <service id="ssap" allowed="ssap.xml,form">
    <meta name="shortName">votest ssap</meta>
    <meta name="ssap.complianceLevel">full</meta>
    <publish render="ssap.xml" sets="local"/>
    <ssapCore queriedTable="spectra"><FEED source="//ssap#hcd_condDescs"/></ssapCore>
  </service>
</resource>
