"""The words that text of a de-identified header may keep: what the standard and its trade say, and no one's name.

Made by ``python -m tools.dicom_tables`` from the lists in ``tools/standard``: not to be edited. A word is a longest run
of a to z and 0 to 9 with a letter in it, of the text in lower case and without accents. Not one of WORDS says by itself
who somebody is, where or when; that several together do not, and numbers, are for the caller to see to. TECHNICAL
are for where devices are described: elsewhere many of them would name people.
"""

from typing import Final

WORDS: Final = frozenset(
    """
100cm 10inx12in 10inx14in 10th 10x 113m 11inx14in 11inx17in 129xe 12b 14inx14in 14inx17in 15cm 18cmx24cm 18y 191m 1cm 1d
1day 1ps 1st 20x 23na 24cmx24cm 24cmx30cm 28h1 2c 2ch 2cm 2cx 2d 2fa 2lt 2nd 2ps 2r 30cm 30cmx35cm 30cmx40cm 30day
35cmx35cm 35cmx43cm 37c 3d 3days 3he 3peg 3r 3rd 40x 40y 4a 4b 4c 4ch 4d 4kscore 4r 50mmhg 52m 5b 5bx 5inx11in 5th 5x
60y 6b 6bx 7b 7d12 7e11 7li 7th 81m 87m 8gx 8inx10in 90th 94m 95th 99c 99m a a0 a1 a2 a2c a4c aapm abd abdo abdomen
abdominal abdominis abdominopelvic abducens abduction abductor aberrated ablation abnormal abnormalities abnormality
abnormally aborted abortion above abrupt abscess absence absent absolute absorbed absorptiometry abstract ac
acanthioparietal accel accelerated acceleration accentuated acceptable accepted access accessed accessible accession
accessory accident accreditation accumbens accumulated accumulation acd acepromazine acessorius acetabular acetabulum
acetate acetic acetrizoate acetylaspartate acetylaspartylglutamate achieved achilles acid acidified acinar acoustic acq
acquired acquisition acr acridine acriflavine acromioclavicular acromion across acrylic acting actinic action actionable
activation active actively activity actual acuity acute ad adapt adaptive adc adcs added addended addendum addition
additional adduction adductor adeno adenocarcinoma adenohypophysis adenoid adenolipoma adenoma adenomyoepithelioma
adenopathy adenosine adenosis adhoc adiabatic adipose adjacent adjudicator adjunct adjust adjusted adjustment adjuvant
admin administered administering administration administrator admire admission admitted adobergb adolescent adrenal
adrenals adrenergic adult adults advance advanced adventitia adventitial adverse ae aerobic af10 af3 af4 af7 af8 af9 afc
afdl afdr affected afferent affine after afz agatston agent agents aggregated agn ago agonist agreement aic aice aided
aidr aif ain76 ain93g ain93m air airflow airway akinesis alaeque alanine alax albumin alcian aldehyde alert alfentanil
algorithm algorithmic algorithms alias aligned alignment alive alizarin alkali alkaline all allergic allergy allowed
alloy almost along alpha alphachloralose alphadelta alphadolone alphaxalone already altered alternans alternate
alternative aluminium aluminum alveolar ambient ambiguous ambu ambulatory amelanotic aminoglycoside aminotransferase
ammonia amniocentesis amnioinfusion amnion amniotic amorphous amount amplitude amputation amygdala amyloid anaemia
analgesic analog analyses analysis analytical analyzer anastomosis anastrozole anatomic anatomical anatomy anchoring
anconeus and androgen anechoic anemia anesthesia anesthesiology anesthetic aneurysm aneurysmal aneurysms angina anginal
angio angiocardiography angiogram angiography angiolipoma angioma angiomatosis angioplasty angiosarcoma angioscopy
angiotensin angle angles angular angulation anguli aniline animal animals anion anisotropy ankle ankles ann annotation
annotations annular annulus anode anomalous ant antagonist antebrachii antecubital antegrade anterior anteriorly
anterolateral anteroseptal anthracene anthropomorphic anti antiarrhythmic antibiotic antibody antibradycardia
anticholinergic anticoagulant anticonvulsant antidiuretic antiemetic antifungal antigen antihelix antihemophilic
antihistamine antihypertensive antihypoglycemic antitachycardia antitragus anus anxiety any ao aorta aortic aortogram
aortography aortopulmonary ap apad aperture apex aphakic aphasia apical apnea apneic apocrine app apparent appearance
appearing appendage appendiceal appendicitis appendicular appendix appliance application applicator applied appointment
apposition approach appropriate approved approximate aqueduct ar arachnoid aramid arbitrary arc arcelin arch
architectural archive arcuate area areas areola argb aries arithmetic arm around arousal arousals array arrest
arrhythmia arrhythmic arrival arrive arrived arrow arsenic arterial arteries arteriogram arteriography
arteriolosclerosis arteriosclerosis arteriosclerotic arteriosum arteriosus arteriovenous artery arthritis arthrogram
arthrography arthrosis articular artifact artifactual artificial as ascending ascitic ascorbate ascorbic asir asl asleep
asmt aspect asphericity aspirate aspiration assembly assess assessed assessment asset assigned assignment assist
assistant assisted assisting associated assurance assy astg asthenia asthma astringent astrocytoma asum asymmetric
asymmetry asymptomatic asymx asymy asynchronous asystole at ataxia atebrin atelectasis atherectomy atheroma atheromatous
atherosclerotic atlantal atlanto atomic atopic atresia atrial atrioventricular atrium atrophy atropine atsm attach
attached attachment attempt attempted attending attenuated attenuation attenuator attenuators attest attn attributes
atypical au aucbn180 audio audiology audit auditory augment augmentation augmented aunt auramine auricular auricularis
authentication authority authorization authorizing auto autocorrelation automated automatic automatically autonomic
autonomous autorefraction auxiliary av available average average10 averaged averaging avf avg avl avm avoidance avr
awaiting awake awakening ax axial axialmode axilla axillaris axillary axis axt azaperone azo azocarmine azophloxin
azorubin azurine azurol azygoesophageal azygos azygous b b0 b0map b100 b1000 b10f b10s b1400 b1500 b18f b19f b1map b200
b2000 b20f b20s b220 b22f b25f b26f b30f b30s b31f b31s b35f b35s b36f b400 b40f b40s b41f b41s b43f b45f b46f b50 b500
b50f b50s b600 b60f b60s b700 b70f b70s b75f b75h b800 b80f b80s b900 b90s back background backrest backscatter
bacterial baffle bag bailout balanced balloon band bandwidth barcode barium barometric basal base based baseline basic
basilar basilic basis basket bat battery bayesian bb bd bdus beaded beam beamsplitter bearing beats beclere becquerel
becquerels bedding before beginning behavior being below belt benign benralizumab benzo bernoulli beryllium beta between
bevacizumab bf37f bf42f bffe bi bic biceps bicisate bicycle bidirectional biebrich bifascicular bifurcation bigeminy
bilat bilateral bile biliary bilinear bilirubin billing binary biochemistry biohazardous biomagnetic biomedical biometry
biomicroscope biophysical biopsy bioptome biosafety biparietal biped biplane bipolar biquad birefringence birth bismark
bismuth bisynchronous biteblock bitewing bitmap bl54d bl56f bl57d bl57f bl60f bl64d bladder blade blank blanket bleach
bleed bleeding bleomycin blinatumomab blink blockage blocked blocking bloedorn blood bloody blunted blur bm bmatrix bmd
bmi bmode bn01 bn02 bn03 bn04 bn05 bn06 bn07 bn08 bn09 bn10 bn11 bn12 bn13 bn14 bn15 bn16 bn17 bn18 body bold bolting
bolus bonage bone boneplus bones bony bootstrap borderline both bottle bottom bouin boundary bounded bounding bovinae
bowel bowtie box bpd bpda bqml br36f br38f br40d br40f br44d br44f br49d br54d br58d br59d br60f br64d brachial
brachialis brachii brachiocephalic brachioradialis brachy brachytherapy bradycardia brain brainstem branching brazilin
brca1 brca2 brca3 break breakout breast breasts breath breathing breech bregma brentuximab brep breve brevis brewerton
brightfield brightness broden bromide bromine bronchial bronchiectasis bronchioloalveolar bronchiologram bronchitis
bronchodilator bronchogram bronchospasm bronchovascular bronchus broselow brother bruising bsa bssfp btfe buccal
buccinator buffered built bulb bulbi bulboventricular bullet bunamiodyl bundle bupivacaine burning bursa bursitis bursts
busy busyness but butabarbital butanol butterfly buttock butyrate bv36d bv36f bv38d bv40d bv40f bv44d bv49d bvalue bw
bwp by bypass c0 c1 c2 c3 c4 c5 c6 c7 caballus cabg cachexia caffeine caipi calcaneal calcaneus calcification
calcifications calcified calcium calculated calculation calculus calf calibration calibrator californium called
callithrix callosum caloric calyx camera canal canals canceled cancer cancers canine canis cannot cannula canthus
capability capacity capillary capitis capromab capsular capsule capture captured caput carbamate carbapenem carbol
carbon carcinogen carcinoma carcinosarcoma cardia cardiac cardiogenic cardiology cardiomegaly cardiomyopathy
cardiophrenic cardiopulmonary cardiorespiratory cardiosphere cardiothoracic cardiotonic cardiovascular cardioversion
care careb carfentanil carm carminic carmoisine carnae carnoy carotid carotids carpus cartilage cartilaginous cartridge
caruncle casc cascore cast casting catalog category cath catheter catheterization catus caudad caudal caudate caudo
caudocranial caudodistal caudodorsal caudoventral causton cava caval cavernosum cavia cavity cavum cba cbct cbf cbv cc
cc5 cca ccu cd cd45 cda ce cecum celiac cell cells celsius cemented center centered centerline centerpoint centimeter
central centralis centralizer centrally centric centrilobular ceph cephalad cephalic cephalometric cephalosporin
cephalostat cerebellar cerebellum cerebral cerebrospinal cerebrovascular certainty ceruloplasmin cervical cervicales
cervicis cervico cervix cesium cessation cetuximab cfm cfr cfx cg cg250 cgy ch5 chair challenge challenges chamber
change changed changes chaos characteristic characteristics charcoal charging charmed chassard chd chebyshev check
checked checkerboard checks chemical chemotherapy chest chiasm children chills chitkara chloracetate chloral chloride
chloriodized chloroacetate chloroform chlorpromazine chnl cholecystitis cholelithiasis cholesterol choline cholinergic
chondroma chondrosarcoma chord chordae chordal chords choriocapillaris choroid chosen chromate chromaticity chrome
chromic chromium chromotrope chronic chronically chronotropic chrysoidine cic cielab ciliary cine cinefluoro
cinefluorography cingulum circadian circle circuit circular circulating circulation circulatory circum circumference
circumferential circumflex circumscribed cirrhosis cirsoid ciss cisterna cisternography citation cited citrate citric ck
ckd cla clammy clamshell classic classification classified claudication clavicle clavicular clean clear clearance
clearing cleavage clinical clinician clip clitoris cln clock clockface closed closes closest closure clot clothing
clr1404 cluster clustered cm cm0 cm2 cm2ml cm3 cm5 cmab cmos cms cmyk cnr cnts co2 coaching coagulant coagulation
coalescent coarctation coarse coarseness cob cobalt coccygeal coccygeus coccyx cochlearis code code128 code39 codes
coefficient coefficients coeliacus coerce coherence coil coiling coils coin col cold colitis collapse collateral
collection collimated collimation collimator collision collocation colloid colloidal colon colonic colonography
colonoscopy color colorectal colorimeter colostomy colour column columns combination combined comedocarcinoma command
commercial commissure committee common communicated communicating communication communis compact compactness comparative
comparison comparisons compartment compensation compensator complaint complete completed completely completion complex
complexes complexion complexity complicated complication complications component composed composing composite
composition compound compressed compression computation computed computer computerized concave concentration concentric
concept concern conclusion conclusions concurrent condenser condition conditions conductance conducted conduction
conduit cone conepresent conference confidentiality configuration configured confirmation confirmed conflict confluence
confocal conformal conformality conformation conformity congenital congestion congestive conjunctiva conjunctive
connected connection connective consciousness consent conservation considered consistency consistent consolidation const
constant constrained constricted constrictive construction consult consultant consultation consulting consumable
consumption contact contained container containing contains content context contiguous continuation continue continuing
continuity continuous contour contouring contra contraceptives contracta contractility contraction contraindicated
contralateral contrast contribution control controlled controller controls contusion conventional convergent conversion
convex convulsions coordinate coordinated coordinates copd copied coplanar copper copy cor coracobrachialis coracoid
cord cordis cordocentesis core coriphosphine cornea corneal coronal coronaries coronary corporeal corpus correct
corrected correction correlates correlation corresponding cortex corticobulbar corticospinal cosine costal costarum
costocervical costochondral cough coughed couinaud count counter counting counts couplet coupling course coverage cow cp
cp1 cp2 cp3 cp4 cp5 cp6 cpap cps cpz cr cr10 cr5 cradle cramp cranial craniales cranio cranioproximal cranium crease
created creatine creating creatinine creation crescent crest cresyl cribriform cricothyroideus critical crl crocein crop
crosscurve crossed crosshair crossing crosstable crt crus cryoablation cryotherapy crystal crystalline cs csa csamip
csaparallel csapseudo3d csi cspine csv ct cta ctac ctchest ctdi ctdifreeair ctdivol ctdiw cthead ctp ctpa ctprotocol ctv
cu cu36 cube cubic cubital culposcopy culprit cumulative cuniculus cup curative curcumin curettage curled current
currently curvature curve curved cushion cusp custodian cut cutaneous cutaneus cutline cutoff cv cw cwd cx cxr cyanine
cyanocobalamin cyanol cyanosis cycle cyclopentolate cyl cylinder cylindrical cylindroid cyst cystadenocarcinoma cystatin
cystic cystitis cystoscopy cytokine cytologic cytology cytotoxic cz damage damus dark darkfield dashed data date
datetime daughter days dbt dca dcal dce dcfbc dcis dcmr dead death debility deceased deceleration decibel deciduous
decimate decimeter decision decomposition decongestant deconvolution deconvolutn decorrelation decrease decreased
decreasing decubitus decy deep def default defect defects deferens defibrillation defibrillator defined definite
definition definity deflated deflection deformable deformed deformity deg degeneration degree degrees dehydration delay
delayed delays delclos deleted delivered delivery delphian delta deltoid deltoideus demand demarcated dementia
demographics dens dense densities densitometric densitometry density dental deoxygenation deoxynucleotidyl departed
department dependence dependent deployed deployment depolarizing deprecated depreotide depression depressor deprivation
depth derivation derivative derived dermatitis dermatology dermatoscopy dermoscopy desaturation descendants descending
descent description descriptions descriptor descriptors desflurane design designator desmoid destination destruction
detach detachable detached detail details detected detection detections detector determination determined deterministic
deuterium deviation device dexa dexamethasone dextran dextrocardia dfov dfpm dfpt dg dgn dhs di diabetes diabetic
diagnosis diagnostic diagonal diameter diaphanography diaphoretic diaphragm diaphragma diaphragmatic diaphragmatis
diastasis diastole diastolic diatrizoate diazepam dibromofluorescein dichloride dichroic dichromate dicom dictation did
died diencephalon dies diet dietary diethlyamide diethyl diethylenetriamine diff difference different differential
differentiated differentiation difficult difficulty diffuse diffusely diffusion diffusivity digastricus digestion digit
digital digitales digiti digitized digitizer digitorum digoxin dihydrotetrabenazine dilatation dilated dilation diluent
dilution dimeglumine dimension dimensional diode diopters dioxide diphenhydramine diprotrizoate dipyridamole dir direct
directed direction directional directive directly dis2d dis3d disabled disagreement disapproved disc discarded discharge
discharged discharges disco discoid discoloration discomfort disconnected discontinued discordance disease diseased
disintegration disk disks dislocation disodium disofenin disorder disorders disoriented disp dispense dispersion
displaced displacement display disposed disproportion dissecting dissection disseminated dissimilarity dissociation
distal distance distilled distinctly distorted distortion distraction distributed distribution disturbance diuretic
diverticulitis diverticulum divg divide division divisor dizziness dl dlp dlyd dm dms dmsa dn30 dns dobutamine doc
document documented does doesn domain dominance dominant done dopa doppler dorsal dorsales dorsalis dorsi dorso
dorsocaudal dorsodistal dorsolateral dorsomedial dorsopalmar dorsoplantar dorsoproximal dorsorostral dorsum dosage dose
doses dosimeter dosimetric dosimetrist dosimetry dosing dotarem dotatate doubilet double doublesided doublet down
downgaze downsloping downstream dp dpa drainage draped drive drop droperidol drops drowsy drr drug drw ds dsa dsc dsi dt
dti dtim dual duct ductal ductogram ductography ductus duodenum dupl duplex duplicate dura duration durazol during dv
dvd dvt dw dwi dx dxa dxx dxy dxz dyn dynamic dyscrasia dysfunction dyskinesis dysplasia dyspnea dyspnoea dyssynchrony
dystrophic dyy dyz dzz e0 e1 e4g10 ea each eadc ear earliest early easi eb ec eccentric eccentricity ecg echo
echocardiography echoes echogenic echogenicity echotexture echovist eclampsia ecromeximab ecst ect ectasia ectatic
ectopic eczema edema edge edited editing edotreotide edta educational eeg eem eff effect effective effects efferent
effort effusion efgre3d efw efw1 efw2 efw3 eggshell egyptian eighth ejection ekg el1 el2 el3 el4 el5 el6 el7 elastic
elasticity elastography elb elbow elbows elec elective electric electrical electrocardiography electrode electrodes
electroencephalography electrogram electromechanical electromyography electron electronic electrooculography
electrophysiology electroporation electroretinogram elem elemental elevated elevation eleventh eligibility eligible
ellipse ellipsoid ellipsoidal elliptic elm elongation elsewhere email emboli embolism embolization embolus embryonic
emergency emergent emg emission emitting emphasis emphysema empirical empted empty emptying emulation enabling encap
encapsulated encephalomyelitis enclosed enclosing encoded encoding end ended ending endobronchial endocardial
endocarditis endocav endocavitary endocrine endocrinology endoleak endometrial endometrium endorectal endoscope
endoscopy endothelial endothelium endotracheal endovaginal endplate endsystole energy enflurane engineering enh enhanced
enhancement enhancing enlarged enrichment enrollment ent enteral enterography entire entirely entorhinal entrance
entrapment entropy entry envelope environment environmental eog eosin eovist ep ep2d epfid2d ephedrine epi epicardial
epicardium epid epidermal epididymis epidural epifluorescence epigastric epilepsy epileptic epileptiform epileptogenic
epinephrine epiploic episode epithelial epithelium epitrochlear eponymous epoxy eps epse2d epss equal equation
equidistant equilibrium equipment equivalent equivocal equus er1 er2 er3 er4 er5 er6 er7 erased eraso erect erector
ergometer eriochrome erl eroded err error erythema erythematosus erythrosin es esak escape esdbs esdnobs esophageal
esophagus esterase estimate estimated estimates estimation estrogen esur ethanol ethics ethidium ethmoid etidronate
etomidate eui64 europium evaluate evaluated evaluation evar event events evidence exact exaggerated exam examen
exametazime examination examiner exceeds excellent excess excessive exchange exci excision excitation excl exclude
excluded excluding exclusion excretion excretory excursion exercise exerciser exertion exertional exm exogenous exp
expanded expander expanding expansion expected experimental expert expertise expiration expired explanation explantation
exponent exponential export exposed exposure extended extension extensor extent external externus extra extracardiac
extracorporeal extracted extracting extraction extraluminal extraocular extrapulmonary extrasystole extravasation
extremely extremities extremity eye eyeball eyebrow eyelash eyelid eyes f f1 f10 f18 f2 f3 f3b f4 f5 f6 f7 f8 f9 fa
fabrication face faceplate facet facial faciales facialis facility fact factor factors fail failed failure fallopian
fallot fallypride false familial familiaris family fanb far fascia fasciae fascial fascicular fasciculation fasciculus
fast fasting fastpac fat fatal father fatigue fatonly fatsat fatsup fatty faults fbp fc01 fc02 fc03 fc04 fc05 fc07 fc08
fc1 fc10 fc11 fc12 fc13 fc14 fc15 fc17 fc18 fc2 fc20 fc21 fc23 fc24 fc25 fc26 fc3 fc30 fc31 fc35 fc4 fc41 fc43 fc5 fc50
fc51 fc52 fc53 fc54 fc55 fc56 fc6 fc60 fc62 fc64 fc68 fc80 fc81 fc82 fc83 fc86 fca fcf fcpa fcpv fcv fcz fdg fe02
feature features febrile feces feed feedback feeding feet felis fellow femoral femoralis femoris femur fenestration
ferromagnetic ferrous fetal fetlock fetocide fetus fetuses feulgen fever ff ffd ffdl ffdr ffe ffm ffp ffs fgre fiber
fiberoptic fibers fibrate fibril fibrillation fibrils fibrinogen fibrinoid fibrinolysin fibro fibroadenolipoma
fibroadenoma fibroadenomatoid fibrocalcific fibrocystic fibroelastosis fibroglandular fibroma fibromatosis fibromuscular
fibronodular fibrosarcoma fibrosis fibrous fibula fibular fibularis fid fidelity fiducial fiducials field fieldmap
fiesta fifth fil fill filled filling film films filter filtered filtering filters filtration finding findings finger
fingers fio2 fir firm first fisp fissure fistula fit fitted five fixation fixed fixedweights fk fl fl2d fl3d flab
flagellar flail flair flank flash flat flatfield flatness flattening flb fleisch flexible flexion flexor flexure flight
flip flocculent florbetaben florbetapir flortaucipir flow fltr fluanisone flubatine fluciclatide fluciclovine fluence
fluffy fluid flumazenil fluorescein fluorescence fluorescent fluorethyltyrosin fluorexon fluoride fluorine fluoro
fluorobenzothiazole fluorocholine fluorodeoxyglucose fluoroestradiol fluoroetanidazole fluoromethane fluoromisonidazole
fluoropropyl fluoroscopy fluorotriopride fluorouracil flurpiridaz flush flushing flutemetamol flutter flythrough fmap
fmiso fmri focal focused fold folio follow followed following followup fontanel food foot for foramen force forced
forceps forearm forefoot foreground forehead foreign forelimb forensic formaldehyde formalin formatted former formol
formula fornix forw fossa fouchet four fourth fov fovea foveal fp1 fp10 fp2 fp9 fplp fpz fractal fraction fractional
fractionation fractions fracture fractures frame frames framingham free freedom freehand freezing frenulum freq
frequency frequent fresolimumab frfse frfsexl fridericia frog from front frontal frontalis fronto frozen fs fse fspgr
ft10 ft7 ft8 ft9 fta fuchsin full func function functional fundoscopy fundus funiculus furo fused fusiform fusion fuzzy
fwp fz ga ga03 ga05 ga08 ga10 ga15 ga20 ga201 ga25 ga30 ga68 gad gadobenate gadobutrol gadodiamide gadofosveset
gadolinium gadopentetate gadoterate gadoteridol gadoversetamide gadovist gadoxetate gait galactocele galactosyl
gallbladder gallium gallocyanine gallstone gallstones galvanic gamma ganglion gantry gap gas gasping gastric gastritis
gastro gastrocnemius gastroduodenal gastrointestinal gate gated gatei gating gaussian gavage gaze gbc gcct gcl gctt gd
ge gel gems general generalized generator generic genetic genicular geniculate genioglossus genital genitalia
genitourinary genu genus geometric geometrical geometry geriatric germanium gestation gestational geud gfr gg ghost
giant giemsa gingiva girdle gland glands glandular glans glare glaucoma glcm glembatumumab glenoid glioblastoma glioma
global globulin globus glomerular glossokinetic glossopharingeus glossopharyngeal glottis gls glucagon glucoheptonate
glucose glucuronidase glue gluing glutamate glutamine gluteal gluteus glycogen glycolysis gm gmellus gml goiter goitre
gonad gonads goniolens gorlin gout gps gq gqb gqn gracilis grad grade graded gradient graft gram granular granuloma
graph graphics grappa grashey grasp graticule gravity grayscale gre great gregn grid grip grips groin groove ground
group grouped growth gs gsdf gss gtv guardian guidance guide guided guideline guidewire guiding gums gutter gv gvn gx gy
gyn gynecologic gynecological gynecology gynecomastia h h10f h10s h2 h20f h20s h21s h23s h30f h30s h31f h31s h32s h37s
h40f h40s h41s h42s h45s h47s h48s h50s h60f h60s h70h habenular habitual habitus haemangioma haematoma haemorrhage
hafnium haigis hairs half hallucis halo halogen halothane hamartoma hand handgrip handling hands hanging hansmann1985
hardening hardware harvesting has haste haustra have hc hc40f hc44f hcat hcl hd hdr head headache headfirst headframe
headrest heads healthcare healthy heart heat heated heating hebrew heel height helical helium helix helly hemangioma
hemangiopericytoma hematein hematocrit hematology hematoma hematopoietic hematoxylin hemi hemifacial hemifield
hemisphere hemispheric hemispherical hemodynamic hemodynamics hemoglobin hemolymph hemoptysis hemorrhage hemostasis
hemostatic heparin hepatic hepatobiliary hepatomegaly hernia herniated heterogeneous heterogeneously hexagonal hfdl hfdr
hfl hfp hfs hiatus hibc high higher highest highlighted highly highmi highres hijri hilar hilum hindfoot hindlimb hip
hippocampus hips hircus his histiocytoma histogram histology histopathology historical history hl7 hmpao hoc hold holder
holmblad holmium homatropine home homogeneity homogeneous honeycomb horizontal hormone hounsfield hours housing hr hr32d
hr36d hr38d hr40d hr40f hr44d hr49d hr54d hr59d hr60f hr64d hr68d hrct hrf hsv ht htcm human humerus hunterian hv38d
hv44f hybrid hydrate hydration hydro hydrocephalus hydrochloride hydrocholoride hydrocortisone hydronephrosis hydroxide
hydroxyapatite hydroxydopamine hyoid hyper hypercholesterolemia hyperechoic hyperemic hyperintense hyperintensity
hyperkinesis hyperkinetic hyperopia hyperplasia hypersensitivity hypertension hypertensive hypertrophic hypertrophy
hyperventilation hypo hypochondriac hypoechoic hypogastric hypoglossal hypoglossus hypoglycemic hypointense
hypointensity hypokinesis hypopharynx hypoplasia hypoplastic hypotension hypotensive hypothenar hysterectomy hz i i26f
i30f i31f i40f i41f i44f i49f i50f i70f iabp iac iacs iak iauc iauc180 iauc180bn iauc60 iauc60bn iauc90 iauc90bn iaucbn
iaucbn60 iaucbn90 ibw icg icrp ict id ideal ident identifiable identification identifier identifiers identifying
identity idioventricular idle idm idose iec iec61217 igloo ignored ii iia iib iii iiia iiib iiic iir ilcr ild ileal
ileocecal ileocolic ileostomy ileum ileus iliac ilio iliocostalis iliohypogastricus iliopsoas ilium ill illegible
illuminance illumination illuminometer illustration ilops imag image imaged imager images imagify imaginary imaging imar
imeron img iminodiacetate immediate immediately immersion immobile immunocompromised immunofluorescent
immunohistochemistry immunology immunomodulator impaired impedance impingement implant implantable implantation implants
import important imported importer impression impressions improvement imr in inactive inadequate inappropriate incision
incisional incisor incisure incl include included including inclusion incompetence incomplete inconclusive inconsistent
incoordination incorrect incorrectly increase increased increasing increment incremental incubation independent
indeterminate index indexed indicated indication indications indicator indicis indifferent indigo indirect indistinct
indium individual individually indocyanine indophenol induced inductance induction induration ineligible inf infarct
infarction infection infectious inferior inferioris inferolateral inferomedial inferoseptal inferred infertility
infiltrate infiltrates infiltrating infiltration infiniteline infinity inflammation inflammatory inflatable inflated
inflation inflow informant information informative informed infra infraalar infraclavicular inframammary infraorbitalis
infrared infraspinatus infrequent infusate infusion ingredient inguinal inguinalis inhalation inhance inhibitor
inhomogeneous initial initiation inject injectate injection injections injector injury ink inl inlay inlet inline inner
innermost innominate inopp inositol inotropic inphase input inroom insert inserted insertion insertional inside
insoluble insp inspiration inst instance instances instantaneous institutionally instruction instrument instrumental
insuffic insufficiency insufficient insula insulin int intact integral integrated integrating integration intelligence
intensifier intensity intensive intent inter interaction interatrial intercostal intercostales interdigitating interest
interface interference interfering interferometric interferometry interferon interiliac interlobar interlobular
interlock intermediate intermedius intermittent intern internal internus interossei interpectoral interpolated
interpolator interpretation interpsinales interquartile interrupted intersection interspinales interstitial intertragal
interval intervention interventional interventions interventricular intervertebral intestinal intestine intima intimal
into intra intracardiac intracavitary intracoronary intracorpus intracranial intracutaneous intracystic intraductal
intraepithelial intraglandular intrahepatic intralobular intralumenary intraluminal intramammary intramedullary
intramural intramuscular intraocular intraop intraoperative intraparotid intraperitoneal intrapulmonary intrathecal
intratumor intrauterine intravascular intravenous intraventricular introitus intubation inv invalid invasion invasive
inventory inverse inversion inverted investigational investigator involution involved involvement inward io iod iodamide
iodide iodinated iodine iodipamide iodixanol iodized iodoalphionic iodobenzylguanidine iodocholesterol iodohippurate
iodomethamate iodophenyl iodophthalein iodopyracet iofetamine ioflupane iohexol iol iomeron ion ionic ionizing iopamidol
iopanoic iophendylate iophenoxic iopromide iothalamate ioversol ioxaglate ioxilan ip ipat ipl ipodate ipsilateral ir
iridium irig iron irrad irradiated irradiating irradiation irregular irregularities irreversible irrigation irritation
irse ischaemia ischemia ischemic ischiadicus ischium iso isocenter isocentric isodense isodose isoechoic isoelectric
isoflurane isointense isolated isolation isorhythmic isotope isotopic isotropic isovelocity isovolumic isovue issue
issuer isthmus itching item items iterative itr itv iugr iv ivim ivoct ivp ivu ivus ix iz j30f j30s j37s j40f j40s j45s
j49s j591 j70h jacchus james128 jaundice jaundiced jaw jawline jejunostomy jejunum jewelry joint joints joslin3 judet
jugular junction junctional juvenile juxtaintestinal juxtaposed kasabach keep kenacid kep ker keratolytic keratometry
keratoscope keratosis kerma kernel ketamine kev kevlar kg kidney kidneys kill kilovolt kinetic km kn knee kneeling knees
knob known ko kpa krypton ktrans kub kuchendorf kurtosis kurzbauer kutta kv kvp l l1 l2 l3 l4 l5 label labeled labeling
labia labii labium laboratory lacmoid lacrimal lactam lactate lactated lactating lactation lactational lacunar laden
lagrangian lambda lamina laminated landmark landscape language lao laparoscopy laquerriere large largest laringis
laryngeal larynx lasek laser lasik last lat latae late lateral laterale lateralis laterality laterally laterals latero
laterodorsoproximal lateromedial latissimus lauenstein launcher lava layer layout lbbb lbm lbmjames128 lbmjanma lbw lcc
ldl ldr lead leading leads leaflet leakage leaping learning least leaves left leftmost leg legs leiomyoma leiomyosarcoma
lemniscus len length lens lenses lensometry lenticular lesion less lessoway letters leucofuchsin leucopus leukaemia
leukemia leukemic levator levatores level levenberg levovist lfp lfs lge libitum library license lid lidocaine lidofenin
lifetime ligament ligamentum lights like likely limb limbic limbus limit limited limiting limits lincomycin line linear
linezolid linguae lingual lip lipid lipidic lipoma lipopolysaccharide liposarcoma liquid lissamine lithotomy litigation
liver ll lld llo lm lma lml lmlo lmo lmp lms ln12 ln8 lobar lobe lobular lobulated lobulations lobule loc local
localiser localization localized localizer locally located location log log10 loge logging login logout long longissimus
longitudinal longleg longum longus longuss loop lopsided lordotic lorentzian loss lossy lost low low10 lowdose lower
lowest lp lph10 lph50 lph89 lpo lpv10 lpv50 lpv89 lrntz ls lsdi lspine lt lubricant lucency lucent lumbales lumbalis
lumbar lumbo lumborum lumbosacral lumbosacralis lumbricales lumen luminal luminance lump lumpectomy lunbricales lung
lungs lupus lutetium luxation luxol lv lvc lvot lvs lwh lympathic lymph lymphadenopathy lymphatic lymphoid lymphoma
lysholm lysophosphatidylcholine m m1 m2 m3d mab machine macrocalcifications macrolide macula macular mag mag3 magazine
magnesium magnet magnetic magnetization magnevist magnification magnify magnitude magnum maintain maintenance majorum
majus malabsorption malachite malformation malformations malignancy malignant malleolar mammary mammo mammogram
mammograms mammographic mammography mammoplasty management mandible mandibular mandibularis maneuver mangafodipir
manganese maniculatus manifest manipulation manometer manual manually manubrium manufactured manufacturer manufacturing
map mapping maps marfan margetuximab margin marginal margins markedly marker markers marking marrow martius mas mask
mass massage masses masseter mastectomy masticatores mastoid mastoiditis mastoids mastopathy match matched mater
material maternal mating matrix matter max maxilla maxillaris maxillary maximal maximum mb mbir mc mcd md5 mdixon mdp
mdr mdrd me mean meaning measure measured measurement measurements measuring meatus mebrofenin mech mechanical med medi
media medial mediale medialis medially median mediani medianus mediastinal mediastinum medic medical medication
medications medicine mediopalmarodistal medioplantarodistal medium medius medronate medullary meet meets megabecquerel
megaelectronvolt megavolt meglumine melanin melanoma melanomas mellitus member membrane membranous membri memory mems
meninges meningioma meniscus menopausal menopause menstrual menstruation mental mentalis mercaptoacetyl mercuric mercury
merge meridional mesenteric mesentery mesh mesocardia mesopic mesothelioma mesothelium mespiperone met metabolic
metabolite metacarpal metacarpus metal metanil metaplasia metastases metastasis metastatic metatarsus meter meterset
methanol methionine method methodology methods methohexital methoxyflurane methyl methylene methylpentadecanoic
methylprednisolone methyltryptophan metomidate metrizamide metrizoate metronidazole mev mfsplit mg mgi mgminml mgml mgy
mhw mibg mibi micro microaggregated microarray microbiology microbubbles microcalcification microcalcifications
microclip microcysts microdissection microdosimetric microglandular microlobulated micrometer micromole micronodule
microscope microscopy microspheres microwave mid midazolam midbrain midcolic middle midlayer midline midlung
midventricular migraine migration mild mildly miliary milk millicurie milligrams milliliter millimeter millimoles
millisecond millitesla min mineral mini minimal minimi minimize minimum minimus minip minora minus minute minutes mip
mird mirdose mirror misc missing mitral mixed mk ml mlc mlcx mlcy mlem mlev mlg mlming mlminml mlml mlo mm mm1 mm2 mmhg
mmode mobile mobitz moco mocoseries mod modalities modality mode model modeling models moderate moderately modification
modifications modified modifier modifying modulated modulation modulator modulus modweights mogamulizumab molar mold
molecular molli molybdenum moment monitor monitored monitoring mono monoblock monochrome monochrome1 monochrome2
monoclonal monoe monoenergetic monomorphic monoplane monopole monoxide montage month months morgue morphine
morphological morphologically morphology mortice mortise mosaic mosfet mother motion motn motor motoriz motorized
mottled mounting mouse mouth moveable movement movements mp mp2rage mpgr mph mpps mpr mprage mr mra mrcp mri mrs mrv ms
msp mtc mtt mu mucicarmine mucinous mucocutaneous mucosa muga mul multi multicoil multiecho multifidii multifocal
multihance multilayer multiline multiparametric multiplanar multiple multiplet multiplication multiplier multipoint
multisegment multispectral multivane multiview mural murine murmur mus muscle muscles muscular musculi musculocutaneus
musculoskeletal musculus musculustriceps mustard mustela mv mva mx mycotic myelin myelo myelogram myeloma
myeloperoxidase mylohyoideus myocardial myocarditis myocardium myoclonic myoclonus myofibroblastoma myogenic myokymia
myokymic myopia myotonic n n1 n2 n3 nac nafl nafld nailing name named nanocolloidal naphthalene naphthol narcotic
narrative narrow narrowband narrowing nasal nascet nasi nasion nasolabial nasopharyngeal nasopharynx nativ native
natural nausea navicular navigator nce nco nd near nearline neck necrosis necrotic needle needles neg negation negative
nehb neighborhood neighbourhood neighbouring neoaortic neointima neointimal neonatal neonate neoplasia neoplasm
nephrographic nephrolithiasis nephrology nerve nervous nervus net network neuroectodermal neuroendocrine neurofibroma
neurofibromatosis neurohypophysis neuroimaging neurology neuroma neuromuscular neurophysiology neuroradiologic
neuroradiology neurosurgery neurovascular neutral neutron neutrophil new next ngldm ngtdm nifedipine nifene night
nigrosine nih07 nih31 ninth niobium nipple nitrate nitrazine nitrogen nitroglycerin nitrous nm nmb no nodal node nodes
nodular nodule nodules nofs noise nolke nomarski nomenclature nominal non nonalcoholic nonaugmented noncardiac
noncerebral noncontact noncontrast none nonenhanced nonlinear nonparenchymal nonparoxysmal nonplanar nonprogressive
nonspecific nonsustained nonuniformity norm normal normality normalization normalized normative norvegicus nos nose not
notch note noted notes notification np npo nrgy ns ns10 ns50 ns89 nsaid ntp nuchal nuclear nucleus nulliparous num
number numbers numbness numeric numerical nurbs nursing nutrition nyha nystagmoid nz o1 o10 o2 o9 oam ob obesity
obinituzimab object objects obl obliq oblique obliquus obs obscured observation observed observer obstetric obstetrical
obstetrics obstructed obstruction obstructive obtained obturator obturatorius ocaratuzumab occipital occipitofrontalis
occlusal occlusion occult occupancy occupational occurred occurrence oct ocular oculi oculomotor oculomotorius od
odontoid oesophageal of ofd off office offline offset oi oil oils oiq oled oleic olfactory oligemia omental omentum
omnipaque omniscan on oncologic oncology one ongoing onh online only onset oo ood oozing op opacities opacity opaque
open opening openmouth opens operating operation operational operations operative operator opg ophtalmicus ophthalmic
ophthalmology ophthalmoscope ophthalmoscopy opl opm opp opponens opposed opposite opr opt optbsv optenf optic optical
opticus optima optimization optimized option optional optiray optison optometry opv or oral orbicularis orbit orbita
orbital orbitalis orbitoparietal orbits orcein order ordered ordering organ organization organized orientation oriented
orifice origin original oronary oropharyngeal oropharynx orthogonal orthographic orthopantomogram orthopedic oryctolagus
os osaka oscillating osem osld osmium osmolality osmolarity osmosis oss osseous ossification osteoarthritis
osteomyelitis osteophyte osteoporosis osteosarcoma ostium ot other otitis otorhinolaryngology ottonello ou out outer
outflow outlets outline outlined outpatient outphase output outside outward oval ovale ovalis ovarian ovaries ovary
overall overflow overlaps overlay overridden override overriding oversized overview ovfl ovis ovoid ovr ovulation owl
owner oxide oxidronate oximetry oxygen oxygenation oxyquinoline oxytocic oz p p1 p10 p2 p3 p4 p5 p50 p6 p9 pa pacd paced
pacemaker pacing package pad paddle paediatric pain painful pairs palatal palate palatine palatoglossal palette
palladium palliative pallidus pallor palmares palmaris palmarodistal palmarolateral palmaromedial palmaroproximal
palmitate palpated palpation palpitations pamphlet pancreas pancreatic pancreaticoduodenal pancreaticosplenic
pancreatitis pancuronium panitumumab panoramic papaverine paper papillary papilloma papillomas papillomatosis
paracervical paraesophageal paraffin paraformaldehyde parallel parallelepiped paralysis paralytic paramammary parameter
parameters parametrial paranasal paraproteinemia pararectal parasagittal paraspinal parasternal parasystole parathyroid
paratracheal paravaginal paravesicular parenchyma parenchymal parenteral paresis paresthesia parietal parieto
parietoacanthial parotid paroxsysmal paroxysmal pars part partial partially particle particles particulate party pasl
pass passed passes passive passthru pastern patella patellar patency patent paternal path pathologic pathology pathway
patient patients pattern pause pawlow pc pca pcasl pci pcn pcnt pct pd pddl pdr pdw peak peau pectineus pectoral
pectoralis pectoris pediatric pedicle pedis peduncle pedunculated peeling pegdinetanib pellucidum pelvic pelvis
pendetide pending penetration penicillin penis pentetate pentetreotide pentobarbital per perceived percent percentage
percentile percutaneous perf perfluorocarbon perforating perforation perforator perforators performance performed
performer performing perfusion periapical pericardial pericardiophrenic pericarditis pericardium perigastric
perilesional perimeter perineal perineum period periodic perioral peripancreatic peripapillary peripheral peritioneum
peritoneal perivascular permanent permethrin peromyscus peroneal peroneus peroxidase perpendicular persistent personal
personnel perspective pertechnetate pet pfdl pfdr pff pfp pg1 pg2 pha phakic phalanx phantom pharmacologic
pharmacological pharyngeal pharyngotympanic pharynx phase phased phases phentolamine phenylephrine philtrum
phlebosclerosis phloxin phonation phonocardiogram phonocardiographic phosphatase phosphate phosphorus phosphotungstic
photo photoacoustic photodriving photodynamic photogrammetric photographic photography photometer photometric
photomicrography photomyogenic photon photoparadoxysmal photopic photoreceptors phrenic phrenicus phy phyllodes physical
physician physicist physics physiological physiotherapy phytate pib picric pictures piezocomposite piflufolastat
piggyback pigmentation pils pin pinatuzumab pineal pinh pinhole pinna pinning piriformis pitch pittsburgh pituitary
pixel pixelated pk11195 placed placement placenta placer placing plain plan planar plane planes planimetry planned
planning plantae plantar plantares plantaris plantarodistal plantarolateral plantaromedial plantaroproximal plantodorsal
plaque plasma plasmacytoma plastic plate plateau platinum platysma plax pleomorphic pleonemia pleura pleural plexus plus
pm pm1 pmot pn0 pn1 pn2 pn2a pn2b pn3 pn3a pn3b pn3c pname pneumomediastinum pneumonia pneumonitis pneumothorax pnx po
po10 po3 po4 po7 po8 po9 point pointes points poiseuille polar polarimeter polarimetry polarizing polatuzumab policy
pollicis polycycloidal polygon polygonal polyline polymer polymorphic polynomial polyp polyps polyurethane
polyvinylpyrrolidone ponceau pontamine pool poorly popcorn popliteal popliteus population porcellus port portable
portacath portal portfilm portion portosystemic portrait pos position positioner positioning positions positive positron
possible possibly post postauricular postaxial postductal posterior postero posterobasal posterolateral posteromedial
postop postoperative postprocedure postsurgical posttreatment postvesicular potassium potential potentially povidone
power poz pp ppg ppm pq pqc pr practitioner pre preamplifier preauricular preaxial prececal precession preclinical
precordial predecessor predicted prednisone preductal prefemoral preformed prelaryngeal preliminary premature premolar
premonitoring preop preoperative preparation prepericardial prepped prepuce prescription presence present presentation
presenting press pressed pressure presymphysial pretracheal pretreatment prevascular prevented preventive prevertebral
prevesicular previous previously prilocaine primary prime primitive primovist print printing prior prism private
probabilistic probability probe problem problems procedural procedure procedures proceeding process processed processing
processor procion product professional profile profunda profundus profusion progesterone programmable programmed
progress progression progressive prohance proj projection projections prokinetic prolapse proleptic proliferation
proliferative prominence promontory pronation pronator prone prong pronounced propagation propcnts propcps propeller
properties property prophylactic propofol proportional propranolol proprii propyliodone prospective prostaglandin
prostate prostatectomy prostatic prostatitis prosthesis prosthetic protamine protargol protease protection protocol
proton provided provider proximal proximity proximo prussian psax pseudo pseudoaneurysm pseudoangiomatous
pseudocontinuous pseudophakia pseudoplaque pseudotumor psf psir psma psn psoriasis psychiatry psychology pt pt0 pt1 pt1a
pt1b pt1c pt1mi pt2 pt3 pt4 pt4a pt4b pt4c pt4d ptca pten pterygoideus ptis ptp ptr ptsm ptv ptx pub pubis public
publication puborectalis pudendus pullback pulm pulmonary pulmonic pulmonology pulsatility pulsation pulse pulsed pulses
pump punctate puncture pupil pupillary pupillograph purified purkinje purple purpose putamen putorius pvalues pvc pvcs
pvdf pw pwi px pyelonephritis pyloric pyramid pyridoxyl pyriform pyronin pyronine pyrophosphate pz qa qc qclear qon
qr32d qr36d qr40d qr44f qr54f qrs qs qsm qt qtc qtu quadrant quadrantectomy quadratic quadratus quadriceps quadruped
qualifier qualitative quality quantification quantify quantitative quantitification quantity quartile quasiperiodic
query questionable queued quinacrine quinidine quinolone quotation quoted r r1 r1507 r2 r3 racemose rack racks
raclopride rad radial radialis radian radiata radiation radical radices radiculopathy radio radioactive radiobiological
radiofluoroscopy radiofrequency radiograph radiographer radiographic radiography radioisotope radiologic radiology
radiolucent radionuclide radiopaque radiopharmaceutical radiotherapy radium radius radon rads rafert rage raised
raloxifene ramla ramp ramus range rangeline ranibizumab ranking rano rao rapid rare raster rate rating ratio ratios
rattus raw rca rcc rct rdd rdsr reaction readable reader ready reagent real realignment realtime rear rebinned
rebreathing recalculated recall receiving recent receptor recess reciprocating recist recognizable recommendation
recommendations recommended recon reconstruct reconstructable reconstructed reconstruction recording recovery rect
rectal rectangle rectangular rectilinear rectum rectus recumbent recurrence recurrent recut red redfree redgreensplit
redistribution reduction reentrant ref reference referenced referring reflectance reflection reflector reform reformat
reformation reformatted reformatting refraction refractive refractory refused reg region regional regions registered
registrar registration registry regnal regression regular regulation regurgitant regurgitation rehabilitation
reimbursement reinjection rejected rejecting rel related relational relationship relative relatives relaxant relaxation
relaxivity relcbf relcbv release relevant relmtt rem remaining remifentanil remission remodeling remote removal removed
rempen rempen1991 renal rendered rendering rendition renogram reoriented repair repeated repeating repetitive replaced
replacement replicate repolarization report reported reporting reports repositioned repositioning representation
representative reprojection request requested requesting required requirement requirements requires res resampled
resampling rescanning rescheduled rescheduling research reserve resident residual resin resistance resistivity
resolution resolved resonance resource resp respect respir respiration respiratory response responsible rest restaging
restenotic resting restless restoration restraint restricted restrictive result results resume resurfacing retain
retention reticle reticular reticulonodular retina retinal retinopathy retracted retraction retro retrocecal retrograde
retroillumination retromolar retroperitoneal retroperitoneum retropharyngeal retropyloric retrospective retrotracheal
returned reuse reused rev reversal reverse reversed reversible review reviewer revised rf rfid rfmt rfp rfs rg rgb rgba
rh rh10 rh50 rh89 rhabdomyosarcoma rheinberg rhenium rhese rheumatic rheumatoid rheumatology rhodamine rhodium
rhomboideus rhythm rhythmic rib ribs riesz right rightmost rigid ripemd160 rise risorius rituximab rk rl rld rlo rml
rmlo rnc rnfl ro5323441 ro542908 ro6924963 ro6931643 ro6958948 roadmap robotic robust roi roledumab rolled romanowsky
rombo rommrgb root rosacea rosolic rostral rostrocaudal rostrodorsal rostroventral rot rotary rotation rotational
rotator round rounded route routine rows rp rpe rplgd rpo rr rsfmri rt rtdose rtimage rtintent rtplan rtrad rtrecord
rtsegann rtstruct rtv rubidium ruler rules rump run runoff runs rupture ruptured ruthenium rv rv10 rv50 rv89 rvot rwave
rwv rx s1 s2 s3 sabbagha sac saccade saccular sacral sacrales sacralis sacro sacroiliac sacrum safe safety saffron
safire safranin sag sagittal sah saliency saline salivary salt samarium same sampling saphenofemoral saphenopopliteal
saphenous saphenus sapiens sar3419 sarcoidosis sarcoma sarcosine sartorius sat sat1 sat2 sat3 saturation save saved
sawtooth sc scale scalene scalenous scalp scan scandium scanned scanner scanning scanogram scanoscope scans scaphoid
scapula scapulae scapular scar scarred scat scatter scattered scatterer scheduled scheduler scheimpflug schwannoma
sciatica scintillator sclera sclerosing sclerosis sclerotic scoliosis scoord scoord3d scope score scoring scotopic scout
scouts scraping screen screening screenshot screw scrofa scrotal scrotum scrub sd sdm se seat sebaceous sec second
secondary secondarycapture seconds secreting secretory section sectional sectioning sections sector secure security
sedated sedation sedative seed seen seg segment segmental segmentation segmentectomy segmented segments seizure seizures
select selected selection selective selenium selenomethionione sella semar semi semiautomatic semimembranosus seminal
semispinalis semitendinosus senarmont senning sensation sense sensitivity sensor sentinel sepa separate separation
sepsis septal septum seq sequence sequenced sequential sequestrant serial series seroma serpentine serratus serum
sesamoid sessile session sestamibi set settegast setup seventh severely severity sevoflurane sewing sex sfov sha1 sha256
sha384 sha512 shading shadow shadowing shaft shaking shallow shape shaped shaping sharply shaving shear sheath sheet
shielding shift shim shinozuka shld shmolli shoot short shortening shot shots should shoulder shoulders shunt shutter
shuttle sibling side sided sides sigma sigmodon sigmoid sign signal signed signet significance significant signs silent
silhouette silicon silicone similar simple simplified simulated simulation simulator simultaneous simultaneously sinc
single singlesided singular sino sinotubular sinus sinuses sinusitis siphon sirius site sitting sixth size sk skeletal
skew skewness skin skull skyline slab sleep slice slices slide sliding slip slit slnt slo sloop slope slot slow sm
smallest smartmar smartprep smash smear smearing smile smooth smoothing smpte smr snapshot sntp sodium soft software
soleal soleus solid solochrome soluble solution som5 som7 sonazoid sono sonographer sonographic sonologist sonovue sop
sound source sources sp sp1 sp2 space spacing spair sparse spasms spatial spatially spc spcir spec special specialist
specialty species specific specification specificity specified specimen specimens speckle spect spectacle spectral
spectroscopy spectrum specular speech spgr sphenoid sphere spherical sphericity sphincter spi spiculated spiculation
spiculations spike spin spinae spinal spinales spinalis spindle spine spinous spiperone spir spiral spirit spirometer
spleen splenic splenium splenius spline split spondylolisthesis spondylosis spontaneous spore spot spouse sprain sqrt
squamous square squared squares sr src srf srgb srk srkii srv ss ssd ssde ssfp ssfse ssm st stable stack stage staged
staging stain stainer staining stainless stalk stand standalone standard standardized standby standing stannous staple
start started starting stasis state statement static statins station stationary statistics stats status staunig std
stddev steady steam steatohepatitis steatosis steering stem stenoses stenosis stenotic stent stented stenting stenvers
step stepping steps stepwise stereo stereometric stereoscopic stereotactic stereotactically sterile sternal
sternoclavicular sternocleidomastoid sternocleidomastoideus sternum steroid sticker stiffle stim stimulant stimulation
stimulus stippeled stir stitching stnd stoma stomach stones stooped stop stopped stopping storage strain strategy
streaks stream streamline strength streptokinase stress stretched stretcher stria striatum stricture strip stripe stroke
stroma stromal strongly strontium structural structure structured structures student studies study sub subacute
subaortic subarachnoid subareolar subcapsular subcarinal subcategory subclavian subclavius subcortical subcostal
subcutaneous subdiaphragmatic subdural subiliac subject subjective subjects sublimate subluxation submandibular
submental submentovertical submission suboptimal subpart subpleural subpyloric subscapular subscapulares subscapularis
subsegmental subsequent substance substantia substituted subtr subtract subtracted subtraction subvalvular subxiphoid
succeeded successful successor succimer succinate succinylcholine sufentanil suggestive suit sulfate sulfon sulfonamide
sulfur sum summary summation sunrise sunset sup superficial superficialis superimposed superior superiori superioris
supernumerary superolateral superomedial superslide supination supinator supine supplementary supplies supply support
supported supporting supportive suppressed suppression suppressions supra supraclavicular supraglottis supramammary
supraorbitalis suprapulmonic suprapyloric supraspinatus suprasternal supraventricular surae surealis surface surgeon
surgery surgical surrounding surveillance survey surview susceptibility suspected suspend suspended suspension suspicion
sustained suture suv suvbsa suvbw suvibw suvlbm svd svs swab swallowing swap sweating swelling swi swimmer switch
switching swivel sym symmetric symmetry sympathetic symphysis symptom symptoms syn synchronized syncope syndrome
syndromes synkinesis synovitis synthesizing synthetic synuclein syringe system systemic systems systole systolic t1 t10
t11 t12 t1map t1w t2 t2map t2s t2star t2w t2wi t3 t4 t5 t6 t7 t8 t807 t9 table tabletop tabular tachycardia tag tagged
tagging tail take taken taking talc talus tamoxifen tamponade tangential tantalum tap tape taper tapetum tapse targestar
target targeted targeting tarsal tarsus tartrazine task taste tau tavi tavr taxonomic tbi tc tc99m tcd tcoord tdi
teaching tear tears teboroxime tec tech technetium technical technique technologist technology tee teeth telangiectasia
telencephalon telescopic teletherapy temperature template temporal temporalis temporally temporary temporomandibular
tend tendency tendineae tendinopathy tendon tensor tenth terbium teres term terminal terminalis terminate terminated
termination test testes testicle testicular testing testis tests tetracycline tetralogy tetrofosmin tetroxide text
texture texturemap tfe tfi2d tfi3d tfl tfl3d tg tg18 thalamic thalamus thallium thallous thc the thecal thenar
therapeutic therapist therapy thermal thermistor thermocouple thermography thermoluminescent thiamylal thick thickening
thickness thigh thin thinning thioflavine thionine thiopental third this thk thk5317 thk5351 thm thoracentesis thoracic
thoracici thoracicus thoracis thoraco thoracolumbar thorax three threshold thrive thrombectomy thrombin thrombolytic
thrombophlebitis thromboplastin thrombosed thrombosis thrombus through thumb thymidine thymus thyrocervical thyroid
tibfib tibia tibial tibialis tid tidal tile tiled tiletamine tilt tilting time timecode timeframe timeout timer timing
tin tinged tip tir tirm tissue tissues titan titanium title tld tmax tmj to toe toes tof toff tofosem tofts tolazoline
tolerance toluidine tomo tomographer tomographic tomography tomosynthesis tongue tonsil tool tooth top topical topo
topogram topographer topographic topographical topography toric torsades torsion tortuosity tortuous torus total touch
toward toxin tp10 tp7 tp8 tp9 tr tra trabeculae trabecular trace tracer tracew tracewd trachea tracheal tracheobronchial
tracheostomy tracheotomy tracking tract traction tractography tragus train tramline trans transcatheter transcranial
transcription transcutaneous transducer transesophageal transfer transferase transferred transferrin transferring
transforamenal transformation transfusion transgenic transient transients transillumination transit transition
transitional transjugular translation translational translucency translucent transluminal transmission transmit
transoral transorbital transplant transponder transport transposition transrectal transseptal transthoracic
transtracheal transvaginal transversal transverse transversus trapezius trapping trastuzumab trauma traumatic tray
trc105 treadmill treated treatment tree tremor trend tretinoin trial triangle triatriatum tribromoethanol tributary
triceps trichrome tricks tricuspid trifascicular trig trigeminal trigeminus trigeminy trigger triggered triggering
triglycine trigone triolein trioxide triphasic triple trisodium trmt trnsfm trochanter trochlear trochlearis trodat
trofolastat tropaeolin tropical tropicamide trss true truefisp trufi truncal truncated truncus trunk trust trypan ts tse
tse2d tse3d tsp tspine ttd tte ttp tuarine tubal tube tubercle tubes tubular tukey tumbling tumor tumors tumour tumours
tungsten tunnel turbo turbulence turcica turntable twist two type types typical tyroartenoideus tyropanoate tz u u30u
u36 u40u u70u u75u u90u ub ublituximab uc ucb udi uid uidref uids ulcer ulcerated ulceration ulcerative ulna ulnar
ulnaris ultra ultrasonic ultrasonography ultrasound ultraviolet ultravist um2 umbilical umbilicus umolminml umolml un10
un80 unadministered unaltered unapproved unavailability unavailable uncalibrated uncemented uncertain uncertainty
unchanged uncinate unclassifiable unclassified uncle uncompressed unconstrained uncorrected undefined under underflow
underlying undetermined undifferentiated undiluted unenhanced ungated unheated unidirectional unif unifocal uniform
uniformity unilateral uninvolved unipolar unit units universal unkn unknown unl10 unl80 unmatched unmodified unmounted
unnecessary unobstructed unresponsive unsafe unscheduled unsharp unspecified unstable unstageable unsuccessful
unsynchronized until untrackable unusable unused unverified unwanted unzeroed up upgaze upper upright upsloping upstream
uptake upward ur73u ur77u ureter ureteral ureteric urethane urethra urethral urgent uric urinary urine urogram urography
urokinase urolithiasis urology urostomy urticaria us usable usage usb use used user using usual uterine uterus utricle
uuid uvula v1 v1r v2 v2r v3 v3r v4 v4r v5 v5r v6 v6r v7 v7r v8 v8r v9 v9r va vacuum vagal vagina vaginal vagus valdini
valsalva value values valve valved valveless valvular vancomycin variability variable variance variant variation
varicose various vas vascular vascularity vasculature vasculitis vasoconstriction vasoconstrictor vasodilatation
vasodilation vasodilator vasovagal vastus vcfv vcg ve vector vedotin veiling vein veins velocity vena venbold
venipuncture venogram venography venous venter venticular ventilated ventilation ventilator ventral ventricle ventricles
ventricular ventriculogram ventriculography ventro ventrocaudal ventrorostral veo verapamil verbal verhoeff verification
verified verify verifying vermilion versenate version vertebra vertebral vertex vertical verticosubmental vertigo
vertrebrae very vesical vesicle vesicular vessel vessels vestibularis vestibule vestibulocochlear vestibulocochlearis
vestpd veterinarian vf vfl via viability vibe vibrant video videofluorography view viewing views vii viii violation
virtual viscosity visible visipaque visit vista visual visualized vitamin vitelline vitrectomy vitreous vmat vmax vmi
vnc vo2 vo2female vo2male voice voiding vol voltage volume volumes volumetric voluntary vomer vomiting voxel voxelized
voxelwise vp vr vrt vti vue vulnerable vulva vulval wandering warfarin warm warmed warming warning wash washin washout
waste water wateronly wave waveform wavefront wavelength waves waxoline wb weak weakly weakness weal wedge wedging week
weight weightbearing weighted weighting wenckebach wet wfi when whl who whole wholebody wicket wide width wigby window
windows wire wireframe with withdrawn within without wo wobble workflow workitem workitems worklist workload workstation
world worst wound wraparound wrist wrists wsd wsi wt x509 xa xaprotocol xc xcc xccl xccm xenon xi xii xiphoid xmab5574
xor xr xr21 xray xtal xtytzt xvyvzv xxyxzx xylazine xylene xylidine xylose xyz y ya yb ybr yc year years yellow yes yolk
ytterbium yttrium zanelli zero ziehl zinc zirconium zolazepam zone zones zr zygoma zygomaticus
""".split()  # noqa: SIM905 - as a list it takes twenty times as long to compile
)

TECHNICAL: Final = frozenset(
    """
0m4 12ch 16ch 2000d 2002b 2004a 2004v 2005a 2006a 2006g 2007a 2007b 2007c 2007e 2007s 2008a 2008b 2008c 2008g 2009a
2009e 2010a 2010b 2011a 2012a 2012b 2012c 2012e 2013a 2013b 2014a 20ch 2100c 21ex 23ex 32ch 3dgrass 3dimensions 3drp
450w 4va16a 4va20a 4va20b 4vb11b 4vb11d 4vb12t 5c 5g 600c 64ch 700t 750hd 750w 7c 7g 800t 8ch 8channel 8hrbrain a35 a40
a450 a550 ab abus ac1 access accud accuitomo accuray accuvix achieva acs acselerate acteon active activion acuity acuson
adac adara adc adc5146 adc5156 adcc advantage advantx aera aero aerodr affiniti affiniti30 affiniti50 affiniti70 affirm
ag agfa agfahealthcare agile ai700 ai800 ai900 air airis airisii aixplorer al all allegra allegro alltech allura
allurafd20 allyn aloka alpha alpha10 alpha6 alpha7 alphenix altaire altea aluminium aluminum ambition america amicas
amira amulet amx analogic anke ankle antares anterior anyscan apelem aperio aperto apertolucent apex aplio aplio300
aplio400 aplio50 aplio500 aplio80 aplioxg app application apps aquilion ar arcadis architect arcoma ares aria arietta
aristos array artida artis artist artoscan as ascend ascendus asg asl asl2d asl3d aspect aspen aspire asset asteion
astound at2 atl atlas auklet aura aurora av avanti avantic avanto avantra avius axeos axesse axiom axis azurion b b13
b15 b17 b19 balance balanced balancedsarge barco basda basicam bayer bc beyond bfe bffe bicor big biograph biographmmr
biomatrix biosound bipolar birdcage bk bl blade blob bo bo1 bo2 bo3 body bodytom bold bone boneplus book bore bowtie br
bracco brachyvision brain brainlab brainview bransist bravo breast brightspeed brightview brilliance brio brivo bruker
btfe bucky build burdick butterfly bv c c256 c5 c512 c9 ca cadplan calgary california caliper calneo camtronics canon
canondr canopus capasee capsula cardiac cardiographe cardiomd cardioscan cardiosoft cardius care carestream
carestreamdental carlzeiss cassette cb cc cedara cefla celesteion celex cenova centervue ceretom champion channel china
chison chst cima cios circularly cirrus ciss3d ciss3d1 clarity clarius clarus class classic clearcanvas clearview
clearvue clinac clinica cms co codonics coil coils columbia compact company compass concerto confidence connectom
console consona contour control copper corado core corevision coroskop corp corporation corvus cosmic cosy cp cpet cps
cr10 cr12 cr15 cr30 cr30x cr35 cr500 cr75 cr800 cr825 cr85 cr850 cr900 cr950 cr975 cranex creator cross crystal cs cs2
cs7600 cs8100 cs9000 cs9300 cs9600 cscan csi csi2d csi3d ct ct520 ct540 ct580 ct590 ct64 ct660 ct670 ct680 ct750 cta ctb
cti ctspectral ctx cu cube curve cv cv180 cv190 cv2d1r cv70 cvx cvxi cx cx30 cx50 cxdi cxl cyberknife cypress d13 d13a
d13c datascope daytona dc dc30 dc40 dc7 dc70 dc8 dc80 dcal dcm4che dcmqi dcmtk ddr de3d de3d1 definition definium
dejarnette delft delphi delta denshi dental dentsply dess3d1 detail detector deutschland device devices dexela diacam
diagnost diagnostic diagnostics dicom dicomlib digirad digirex digitaldiagnost digitex digitizer dimensions directview
disco discovery discoverya dixon dmc dmr dms dr dr400 dr600 dr800 drive drx drxr drystar dryview ds dspect dst dstream
dsx dual duo duradiagnost dv dv22 dv23 dv24 dv25 dv26 dv27 dv28 dv29 dv30 dvis dwise dwiseep dwse dx dxd dxm dxs e e10
e11 e11a e11b e11c e11e e20 e6 e7 e8 e80 e8e e9 e90 e95 ea ear eastman easysense easyvision eb ec ecam echelon echonous
echopac echospeed eclipse eclos ed edan edap edge edition efgre efgre3d efilm efse eight eizo elan elara electric
electronics elekta elements eleva eli eli250 eli280 eli350 elite elition ellex elscint emageon emotion emsa endura
engineering entegra entegris envision envisor ep ep2d ep2d1 epb epfid epfid2d epfid2d1 epfid2d1r epi epi2 epi2nk epibold
epiq epiq5 epiq7 epiq7c epiq7g epiq7w epir2d epise epse epse2d epse2d1 epse2dd equipment es esaote esaoteoscan esoft
espree esprit essenta essential essenza ethos ethrive eub europe evergreen everview evis evisx1 evo evolution ewoo
exceed excel excelart excite exera exp expert explorer extend extra f37 f75 famio fase fase2d fase3d fastfe faxitron fbi
fbp fcr fd10 fd20 fdr fe fe2d fe3d ffe ffeepi fgre fgret fi fi2d1 fi3d fi3d1 fiesta fiestac fil film filter fine
firmware fischer fisp fit five fl fl2d fl2d1 fl2d1r2 fl2d2 fl2d5 fl2d6 fl3d fl3d1 fl3d1ns fl3d1r fl3d2 fl3d3 fl3d5
flarsheim flash flat fldyn flex flexart flexlarge flexsmall flow fluoroscan flvar fmri focal foma fonar foot force forte
fortian fortis four fq fq2d1 france free freesurfer frfse frfsexl frontier fsbb fse fse2d fse3d fseepi fsefast fsempr
fserxl fsexl fsl fspgr fuji fujifilm fujinon fukuda fusion fxi g galan galileos gamma gammacam gammaknife gammamedica
gammaplan gc70 gc80 gc85a ge gem gemini gems gendex general generator genesis genesissigna genesys gevaert gf50 gfe
giano giotto glory gm85 gmbh gmm go gold gold25 gold30 gr2d gracian grand granduro grass gre2d grefm grid group gscan
gsi gsps gt450 gu60a guerbet gxl gxr gyrex gyroscan h h1 h12 h2 h20 h2d h2d1 h2d160 h2d192 h2d256 h3 h32 halcyon
hamamatsu harmony haste hawkeye hd hd11 hd11xe hd15 hd16 hd23 hd28 hd3 hd6 hd7 hd750 hd9 hda hdbrain hde hdi hdi1500
hdi3000 hdi4000 hdi5000 hdnv hdoct hdx hdxt he1 he2 he3 he4 hea head healcerion health healthcare healthineers
heartspeed hec heidelberg helios helix helx hep hera hermes hero hev hfo hi hicor highdicom hir2d hirb hirez hispeed
hitachi hm70a hns hnsh hoffmann holder hologic hop horizon horizona horos hotfix howtek hra hrbrain hs30 hs40 hs50 hs60
hs70a hta htl huvitz hw1 hybrid hyperarc hyperfine hyperion i i10 i600 i700 i800 i900 ibm icon icono iconos icoview ict
idc ideal idealiq idt ie33 igs iii image image1 image3d imagine imaging imagyn imation imatron imix impact imtec inc
incisive incisivect industries infinia infinite infinity infinix ingenia ingenuity innova innovality insight insightec
inspiration instrument instrumentarium instruments integris intelerad intelligence intellisite intera international
intevo invenia investigational iolmaster iplan iq iq690 iq710 iqon ir iris irix irtse iso isofse isotfe israel italia
italray iterative itk iu22 iv ix japan jet jetstream juniper juno jupiter kalare kavo kernel kg kk knee knife knoxville
kodak kodak9000 kodakdirectview kohden konica konicaminolta koninklijke korea kowa l12 l15 l9 laboratories laboratory
laitek landwind large largebore lava lavaflex lb lc lca lcln lcn lcv legacy leica leksell leonardo lib liebel light
lightning lightspeed lightspeedapps lilyum limited linux lisendo llc logiq loop lorad ltd lucent lucera lumedx lumify
lumina luminos lumisys lunar lung lx m m4 m4a m4b m5 m6 m7 m9 mac mach mach20 mach30 maestro maestro2 magicview magna
magnetom mallinckrodt mammodiagnost mammography mammomat mantra manufacturing maple marconi masterplan matlab matrix max
maxima maxus mckesson mcs mct md mdixon mdixonquant mdixontse me2d me2d1 me3d1 meb mec medcon medic medical mediso
medison meditec meditop medium medizin medrad megas memp merge mergem metaltronica mevion mevislab mg mi mica microdose
micromaxx mict millennium mim mimvista mindray miniview minolta mira mixed mlc mmr mo mobiledart mobilediagnost mobilett
mobilettxp model molybdenum monaco morita mortara mosaiq motic mp mp2rage mp2rage3d mpempr mpgr mpr mprage mps mr mr29
mr30 mr355 mr360 mr430 mr450 mr450w mr750 mr750w mrad mrt mrt150 mrt200 mrt2000 mrt200pp5 mrt50 mrt50h1 mturbo multi
multicoil multidiagnost multispect multistar multiva multix muse musica mux mx16 mx20 mx7 mx8000 mylab mylabx8 mylabx9
myray n naeotom nano nanoscan nanozoomer naviscan ne1 ne2 ne3 nec neck nederland nemio nemoto neurologica neurostar
neurovascular neusoft neuviz newtom nidek nihon nm nm530 nm530c nm630 nm870 nmct noblus none nova novalis novation now
ns nt nuance nuclear nucletron nuctech nuewa numaris nv nvcoil nw400 nx nx3 nxi nxp oasis obi oct oculus odyssey oec
oec9800 oec9900 offis oldelft olympus omega omni omnia omnidiagnost omnitom onboard oncentra oncology one opart open
openspeed opera optical optima optimus optimusbucky optix optomap optopol optos optovue orbic orbiter orian origin
orthanc orthopantomograph orthophos orthoscan os oscan osem osirix otawara oval owandy oy p1 p10 p2 p3 p300 p4 p5 p500
p6 p7 p8 p9 pa pagewriter panorama paramed park patch pausch pax pc2d1 pcasl pcfl2d pcr peak pegasys pentax perfexion
perkinelmer perspective pet petct petmr peugeot phased pheno philips photo picker pie pinnacle pinnacle3 pioneer
pipeline pixium pixmeo pl1 plan planmeca planmed planner planning platinum plc plexelite plus point pointofcare polaris
polydoros polystar positron posterior powervision pp5 pratico precedence precise precisepla precision preirus premier
premium presscsi prestige presto primax prime printer prism prisma prismafit pristina pro probe probep prodiva product
products profect profile promax promaxx proone propeller prosound prospeed proteus prowess psf psif psif2d ptw pty
pulsera px pydicom q q3d qcfx qd qdr qiicr qtfl quad quadra quadrature quickdw quickscan quinton qxi qzen r1 r10 r11 r12
r2 r3 r4 r5 r6 r7 r8 r9 radar radiant radiology radix radixact radnext radrex radspeed ramla rayplan raysearch
raystation re reader recon redwood regius release rese research resolve resona resting rev revelation revision
revolution rh rhapsody rhodium rigid rl rm robusto roche romexis rotograph rp rs80a rs85 rssg rt rt16 rt4 rtp rtvue rvg
rx rx27 rx28 rx29 rxi rxl s s10 s1000 s2000 s210 s3000 s360 s5 s51 s6 s60 s60n s7 s70 s70n s8 sa safire sakura samsung
samsungmedison sarge sb sc2000 scanco scanner scanora scanscope scenaria schiller science sciences scientific scope sdr
se1 se2 se2d se2d1 se3d seb sectra securview sedecal seepi select selenia sempra sen seno senoclaire senographe
senopoint sensation sense sequoia serena serve sese seven sg sharp shenzhen shimadzu shoulder shp sidexis siemens
siemensag sienet sigma signa signature signostics sii silent silenz silver sim sinovision sinus siremobil sireskop
sireskopsd sirona six sky skylight skyra slice slicer small smart smooth smv sn soft software sola solo solution
solutions som10 som5 som7 somaris somatom somavision sonalleve sonata sonial sonialvision sonix sonoace sonoct sonoline
sonos sonoscape sonosite sopha sophie sophinity sopy sordina soredex sp sp1 sp2 sp3 sp4 sp5 sp6 sp7 sp8 spa space sparq
spc spc3d spcir spcir3d spcirr spcr spcrtir spcse spcvfl spect spectra spectral spectralis spectranetics spectrum spgr
spin spine spirit srl ssa ssd ssd1000 ssd1700 ssd3500 ssd4000 ssd5500 ssfp ssfse st stan standard star starcam starguide
start std ste stephanix stnd storz stratus stream strip stryker stx suite supersonic supria sure surface suros sv7 svs
svsse swan swi3d swi3d1 swi3d1r swift swissray symbia symphony symphonytim synaptive synergy syngo syngovia system
systeme systems t t1 t16 t1ffe t1tfe t1tse t2 t2ffe t2tfe t2tse t6 t8 t9 tc50 tc70 te5 te7 te9 tec technologies
technology technos tempo tera terarecon terason terra terrax tf tfe tfepi tfi tfi2d1 tfi2d10 tfi2d11 tfi2d12 tfi2d13
tfi2d14 tfi2d15 tfi2d16 tfi2d17 tfi2d20 tfi2d6 tfi2d9 tfi3d1 tfl tfl2d tfl2d1 tfl2d4 tfl2d6 tfl2d8 tfl3d tfl3d1 tfl3d1ns
tfl3d2 theraplan thrive thunis tim time tin tir tir2d tir2d1 tir2d11 tir2d13 tir2d15 tir2d17 tir2d5 tir2d7 tir2d9 tirb
tirb2d tirm titan tof tof2d tof3d tofsp tomey tomoscan tomotherapy top topcon torso toshiba toshibamec totus touch tps
transportable trc treatment trex trident trillium trilogy trim trinias trinion trio trionix triotim triton trixell
trophy truebeam truefisp truepoint truev trufi tse tse2d tse2d1 tse2d11 tse2d13 tse2d15 tse2d17 tse2d19 tse2d21 tse2d23
tse2d25 tse2d3 tse2d4 tse2d5 tse2d6 tse2d7 tse2d9 tse3d tse3d1 tse3dvfl tseb2d1 tsed tserr2d tube turbo tus twice
twinspeed tx txrx type ub uc uct ud ue uexplorer ufs ug uih ulrich ultimax ultra ultrafast ultramark ultrasonix
ultrasound ultraspect umi umr umr560 umr570 umr580 umr680 umr770 umr780 umr790 umr880 umr890 umrjupiter umt unique unit
united unity up uroskop usa v1 v10 v11 v12 v2 v20 v3 v4 v5 v6 v7 v8 v9 va10a va10b va11a va11b va12a va20a va20b va21a
va23a va23b va25a va26a va30a va30b va31a va35a va40a va41a va44a va45a va48a va50a va50b va60a va70a va71a va72a valory
vantage varian varic varicam vatech vb06 vb10a vb10b vb11a vb11d vb12a vb12b vb13a vb15a vb16a vb17a vb18a vb18b vb19a
vb20a vb20b vb20p vb21a vb22a vb23a vb28a vb30a vb35a vb40b vb42b vc10 vc11 vc12 vc14 vc20a vc20b vc21b vc21c vc28 vc30
vc40 vct vd10a vd10b vd11a vd11b vd11c vd11d vd12 vd13a vd13b vd13c vd13d vd20a vd20b vd30b ve10a ve10b ve11a ve11b
ve11c ve11d ve11e ve11k ve11n ve11p ve11s ve11u ve12u ve30a ve31 ve36a ve40a ve61a vectra velocity vemp vempr ventana
vento ventri venue ver veradius veraview veraviewepocs vereos verio veriton versa versana versant version versions
vertex vertix vf10a vg vg10a vg20a vg30a vg40a vg50a vg51a vg51c vg60a vg60c vg70a vg70b vg75a vg76a vg80a via via5
viamo vibe vibrant victoreo vida vidar view viewray villa vinno visage visart vision visionary viso vista vistascan
visualsonics visucam visulas vita vital vitalbeam vitrea viva vivid volcano volume voluson voyager vpfx vphd vscan
vstage vtk vu vue w10 w9 wa wandong wdr wedge welch windows winscope workstation wrist ws70a ws80a x150 x3 x300 x5 x500
x6 x600 x7 x700 x71 x8 x9 xa10 xa10a xa11 xa11a xa11b xa12 xa20 xa20a xa30 xa30a xa31 xa31a xa40 xa50 xa50a xa51 xa60
xa60a xa61 xa61a xario xario100 xario200 xc xcite xct xd xe xeleris xg xg1 xgeo xingaoyi xio xios xl xmatrix xo xoft
xoran xp xp128 xper xpert xporte xpress xq xqi xr xrd xrt xt xte xtra xview y ya yb yc yd ye ysio z1 z5 z6 zee zeego
zeen zeiss zenition zexira ziehm zinc ziosoft zonare zoom zte zx
""".split()  # noqa: SIM905
)
