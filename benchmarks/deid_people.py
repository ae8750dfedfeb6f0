"""Whom the evaluation set is about: patients, clinics and what clinics write about them, all of it made up.

Telephone numbers are of the ranges that the regulators keep free for films (Ofcom, Arcep, Bundesnetzagentur, 555-01xx)
or hold a zero where no subscriber's number has one; mail addresses are of `example` domains (RFC 2606).

In a remark, what stands in {braces} identifies somebody and has to go, each *word* between asterisks is of use and
should stay, and all else is neither here nor there. EXAM stands for the words that name the examination.
"""

from datetime import date
from typing import Final, NamedTuple


class Clinic(NamedTuple):
    """Where it was taken. charset: SpecificCharacterSet; physician, radiologist, operator: family names."""

    charset: str
    language: str
    institution: str
    street: str
    phone: str
    physician: str
    radiologist: str
    operator: str
    station: str
    aet: str


class Patient(NamedTuple):
    """name: the components as in PN, in up to three scripts; relative: somebody whom remarks mention."""

    family: str
    given: str
    name: str
    sex: str
    born: date
    relative: str
    phone: str
    street: str
    clinic: Clinic


BERLIN = Clinic(
    *("ISO_IR 100", "de", "Klinikum Weißensee-Süd", "Lindenstraße 12a", "030 23125 610"),
    *("Krüger", "Schäfer", "Yilmaz", "CTWS07", "WSSUEDCT1"),
)
MUNICH = Clinic(
    *("ISO_IR 192", "de", "Radiologie am Föhrenring", "Föhrenring 88", "089 99998 120"),
    *("Öztürk", "Höß", "Čapek", "MRFOEHR2", "FOEHRMR2"),
)
LEEDS = Clinic(
    *("ISO_IR 100", "en", "St. Wilfrid's Infirmary", "4 Thornbury Rise", "0113 496 0417"),
    *("Stone", "Featherstonehaugh", "O'Dowd", "WILFCR3", "STWILFRCR"),
)
BOSTON = Clinic(
    *("", "en", "Harborview Memorial Annex", "1200 Quincy Mill Rd", "617-555-0142"),
    *("O'Neil", "Abernathy", "Kowalczyk", "HVMA-GE1", "HVMAGE"),
)
LYON = Clinic(
    *("ISO_IR 100", "fr", "Hôpital Sainte-Élodie", "23 rue des Érables", "04 65 71 00 83"),
    *("Lefèvre", "Brûlé", "N'Guessan", "ELODIE-US", "ELODIEUS1"),
)
RECIFE = Clinic(
    *("ISO_IR 192", "pt", "Clínica Boa Vereda", "Rua das Acácias 301", "+55 81 0555-0107"),
    *("Conceição", "Araújo", "Gonçalves", "VEREDA-PT", "VEREDAPT"),
)
SAPPORO = Clinic(
    *("\\ISO 2022 IR 87", "en", "Kitanosawa Byoin", "3-14 Kitanosawa", "011-0555-0112"),
    *("Watanabe", "Kobayakawa", "Shimizu", "KITA-DX1", "KITADX"),
)
CHENGDU = Clinic(
    *("GB18030", "en", "锦江新城医院", "锦江路八号", "028-0555-0163"),
    *("Ouyang", "Zhuge", "Sima", "JINJ-MG1", "JINJMG"),
)
SEOUL = Clinic(
    *("\\ISO 2022 IR 149", "en", "Haneul Medical Center", "77 Haneul-daero", "02-0555-0128"),
    *("Hwangbo", "Namgung", "Seonwoo", "HANEUL-NM", "HANEULNM"),
)
ATHENS = Clinic(
    *("ISO_IR 126", "en", "Κλινική Αγίου Λουκά", "Ελαιώνων 19", "210 055 5019"),
    *("Papadakis", "Vlachos", "Ioannou", "LOUKAS-SC", "LOUKASSC"),
)
MINSK = Clinic(
    *("ISO_IR 144", "en", "Клиника Сосновый Бор", "ул. Сосновая 5", "017 055 50 19"),
    *("Kovalenko", "Shevchuk", "Melnyk", "SOSNOVY-1", "SOSNOVYCT"),
)

PATIENTS: Final = (
    Patient("Müller", "Hans", "Müller^Hans^Jürgen^Dr.", "M", date(1954, 3, 12), "Gisela", "030 23125 455", "Akazienweg 3", BERLIN),
    Patient("Brown", "Ruby", "Brown^Ruby^T.", "F", date(1988, 11, 23), "Delroy", "617-555-0177", "88 Mulberry Ct", BOSTON),
    Patient("Şahin", "Ayşe", "Şahin^Ayşe", "F", date(1979, 7, 4), "Mehmet", "089 99998 344", "Birkenallee 41", MUNICH),
    Patient("Hartnell-Pryce", "Imogen", "Hartnell-Pryce^Imogen^^Mrs", "F", date(1941, 1, 30), "Alistair", "0113 496 0862", "9 Weavers Yard", LEEDS),
    Patient("Long", "Marcus", "LONG^MARCUS", "M", date(1967, 9, 2), "Tamika", "617-555-0119", "310 Old Ferry Ln", BOSTON),
    Patient("Wei", "Xiaoming", "Wei^Xiaoming=魏^晓明", "M", date(1971, 5, 19), "Lihua", "028-0555-0171", "锦里三巷二号", CHENGDU),
    Patient("Yamada", "Tarou", "Yamada^Tarou=山田^太郎=やまだ^たろう", "M", date(1959, 12, 8), "Hanako", "011-0555-0134", "2-7 Maruyama", SAPPORO),
    Patient("Dubois-Aïssa", "Élise", "Dubois-Aïssa^Élise", "F", date(1993, 2, 14), "Bastien", "04 65 71 00 29", "5 quai Fulchiron", LYON),
    Patient("Nascimento", "João", "Nascimento^João Pedro^^^Filho", "M", date(2015, 6, 27), "Benedita", "+55 81 0555-0166", "Travessa do Sol 44", RECIFE),
    Patient("Baumgärtner", "Lieselotte", "Baumgärtner^Lieselotte", "F", date(1932, 8, 17), "Ottokar", "030 23125 892", "Am Weiher 6", BERLIN),
    Patient("Gold", "Miriam", "Gold^Miriam", "F", date(1990, 10, 10), "Avner", "0113 496 0235", "71 Tannery Row", LEEDS),
    Patient("Hong", "Gildong", "Hong^Gildong=洪^吉洞=홍^길동", "M", date(1984, 4, 1), "Chunhyang", "02-0555-0155", "12 Bukchon-ro", SEOUL),
    Patient("Διονυσίου", "Πέτρος", "Διονυσίου^Πέτρος", "M", date(1963, 7, 22), "Ελένη", "210 055 5077", "Μυρτιάς 4", ATHENS),
    Patient("Люкшина", "Вера", "Люкшина^Вера", "F", date(1975, 3, 3), "Тихон", "017 055 50 63", "Озёрная 11", MINSK),
    Patient("Vandersteen", "Corneel", "VANDERSTEEN CORNEEL", "M", date(1949, 5, 5), "Machteld", "0113 496 0519", "2 Ropewalk Mews", LEEDS),
    Patient("Etxeberria", "Ainhoa", "Etxeberria^Ainhoa", "F", date(2001, 12, 31), "Unai", "04 65 71 00 54", "18 montée Saint-Barthélemy", LYON),
    Patient("Featherington", "Zebulon", "Featherington^Zebulon^Q", "M", date(1938, 2, 28), "Prudence", "617-555-0183", "14 Gristmill Path", BOSTON),
    Patient("Gruschka", "Traudl", "Gruschka^Traudl", "F", date(1960, 6, 6), "Alois", "089 99998 771", "Kastanienhof 7", MUNICH),
    Patient("Cavalcanti", "Iracema", "Cavalcanti^Iracema", "F", date(1956, 9, 15), "Raimundo", "+55 81 0555-0191", "Beco do Porto 9", RECIFE),
    Patient("Mbeki-Thorne", "Sizwe", "Mbeki-Thorne^Sizwe", "M", date(1997, 8, 9), "Nomvula", "0113 496 0746", "36 Curlew Gardens", LEEDS),
)  # fmt: skip

type Remark = tuple[str, str]  # path of keywords, first items of sequences meant; what stands there

REMARKS: Final[dict[str, tuple[Remark, ...]]] = {
    "en": (
        ("StudyDescription", "EXAM {family} {given} DOB {born_us}"),
        ("StudyDescription", "EXAM w *contrast* - {mrn}"),
        ("SeriesDescription", "EXAM *axial* for Dr. {physician}"),
        ("SeriesDescription", "EXAM *lateral* {family}_{given}"),
        ("ProtocolName", "EXAM {family_upper} 5mm"),
        ("PatientComments", "Pat. told Dr. {physician} that the *pain* began after a fall, call {phone}"),
        ("PatientComments", "Next of kin {relative} {family}, {street}; known *asthma*"),
        ("ImageComments", "Acc {accession}, *contrast* given by {operator}"),
        ("ImageComments", "repeat: *motion* artefact, seen by {radiologist} on {seen_us}"),
        ("AdditionalPatientHistory", "Mr {family}, *pneumonia* in spring, ask {relative} at {phone}"),
        ("AdmittingDiagnosesDescription", "*fracture* ({family}, {mrn})"),
        ("ReasonForStudy", "{given} fell down the stairs at {street}: *fracture*?"),
        ("RequestedProcedureDescription", "EXAM req by {physician} {mail}"),
        ("PerformedProcedureStepDescription", "EXAM {accession}"),
        ("AcquisitionProtocolDescription", "EXAM tuned by {operator} for {family}"),
        ("DerivationDescription", "*average* of 3, checked by {radiologist}"),
        ("ContrastBolusAgent", "*iodine* 370 {mrn}"),
        ("VisitComments", "came with {relative}, phone {clinic_phone}"),
        ("ResultsComments", "{given} {family}: *normal* per Dr. {radiologist}"),
    ),
    "de": (
        ("StudyDescription", "EXAM {family} {given} geb. {born_de}"),
        ("StudyDescription", "EXAM Zuweiser Dr. {physician}"),
        ("SeriesDescription", "EXAM *axial* Fr. {family}"),
        ("ProtocolName", "EXAM {family_upper}"),
        ("PatientComments", "Angehörige: {relative} {family}, Tel. {phone}"),
        ("PatientComments", "wohnt {street}, kommt am {seen_de} wieder"),
        ("ImageComments", "Aufn.-Nr. {accession}, MTRA {operator}, *contrast* 80 ml"),
        ("AdditionalPatientHistory", "Z.n. *Pneumonia*, Rückruf an {mail}"),
        ("AdmittingDiagnosesDescription", "V.a. *Fracture*, Pat. {family} {mrn}"),
        ("ReasonForStudy", "Pat. {given} {family} *dyspnea* seit gestern"),
        ("RequestedProcedureDescription", "EXAM angef. von {physician}"),
        ("PerformedProcedureStepDescription", "EXAM {accession}"),
        ("DerivationDescription", "*average*, erstellt von {operator}"),
        ("VisitComments", "Station 4b, Prof. {radiologist}, {clinic_phone}"),
    ),
    "fr": (
        ("StudyDescription", "EXAM {family} {given} née le {born_de}"),
        ("SeriesDescription", "EXAM *axial* Dr {physician}"),
        ("ProtocolName", "EXAM {family_upper}"),
        ("PatientComments", "Époux: {relative}, tél. {phone}, {street}"),
        ("ImageComments", "n° {accession}, manip {operator}, *contrast*"),
        ("AdditionalPatientHistory", "Mme {family}: *pneumonia* connue, {mail}"),
        ("ReasonForStudy", "{given} se plaint, *fracture*?"),
        ("RequestedProcedureDescription", "EXAM demandé par {physician}"),
        ("VisitComments", "Pr {radiologist} {clinic_phone}"),
    ),
    "pt": (
        ("StudyDescription", "EXAM {family} {given} nasc. {born_de}"),
        ("SeriesDescription", "EXAM *axial* Dra. {physician}"),
        ("PatientComments", "Responsável: {relative}, tel {phone}, {street}"),
        ("ImageComments", "pedido {accession}, técnico {operator}, *contrast*"),
        ("AdditionalPatientHistory", "{given} {family}: *asthma*, {mail}"),
        ("RequestedProcedureDescription", "EXAM solicitado por {physician}"),
        ("VisitComments", "Dr. {radiologist} {clinic_phone}"),
    ),
}  # fmt: skip

ODD_PLACES: Final[tuple[Remark, ...]] = (
    ("RequestAttributesSequence.RequestedProcedureDescription", "EXAM {family}"),
    ("RequestAttributesSequence.ScheduledProcedureStepDescription", "EXAM {given} {family}"),
    ("RequestAttributesSequence.RequestedProcedureID", "{accession}"),
    ("RequestAttributesSequence.ReasonForTheRequestedProcedure", "ask {physician} about *pain*"),
    ("ReferencedStudySequence.PurposeOfReferenceCodeSequence.CodeMeaning", "prior of {family}"),
    ("OtherPatientIDsSequence.PatientID", "{mrn}"),
    ("OtherPatientIDsSequence.IssuerOfPatientID", "{institution}"),
    ("OtherPatientNames", "{family}^{given}"),
    ("ProcedureCodeSequence.CodeMeaning", "EXAM {family}"),
    ("RequestedProcedureCodeSequence.CodeMeaning", "EXAM Pat {mrn}"),
    ("PerformedProtocolCodeSequence.CodeMeaning", "EXAM for {physician}"),
    ("PerformedProtocolCodeSequence.ProtocolContextSequence.TextValue", "booked by {operator}"),
    ("InstitutionCodeSequence.CodeMeaning", "{institution}"),
    ("ReferringPhysicianIdentificationSequence.PersonIdentificationCodeSequence.CodeMeaning", "Dr. {physician}"),
    ("OperatorIdentificationSequence.PersonTelephoneNumbers", "{clinic_phone}"),
    ("PhysiciansOfRecord", "{physician}^A.\\{radiologist}^B."),
    ("RequestingPhysician", "{physician}"),
    ("ResponsiblePerson", "{relative}^{family}"),
    ("PatientMotherBirthName", "{relative}"),
    ("PatientBirthName", "{family}"),
    ("PatientAddress", "{street}"),
    ("PatientTelephoneNumbers", "{phone}"),
    ("RegionOfResidence", "{street}"),
    ("CurrentPatientLocation", "{department} {institution}"),
    ("InstitutionalDepartmentName", "{department}"),
    ("InstitutionAddress", "{clinic_street}"),
    ("AdmissionID", "{accession}"),
    ("ScheduledStationAETitle", "{aet}"),
    ("PerformedStationName", "{station}"),
    ("RetrieveURL", "https://pacs.{aet}.example/?patient={mrn}&study={accession}"),
    ("OriginalAttributesSequence.ModifiedAttributesSequence.PatientName", "{family}^{given}"),
    ("OriginalAttributesSequence.ModifyingSystem", "{station} at {institution}"),
    ("ClinicalTrialSubjectReadingID", "{mrn}"),
    ("ClinicalTrialSiteName", "{institution}"),
    ("MedicalRecordLocator", "{mrn}"),
    ("InterpretationText", "{given} {family}, born {born_iso}: *normal*"),
    ("InterpretationAuthor", "{radiologist}"),
    ("TextComments", "typed by {operator} for {radiologist}"),
    ("LUTExplanation", "window of {radiologist}"),
    ("WindowCenterWidthExplanation", "{radiologist}"),
    ("AnatomicRegionSequence.CodeMeaning", "{family} *chest*"),
    ("ScheduledProcedureStepID", "{accession}"),
    ("PerformedProcedureStepID", "{accession}"),
    ("FillerOrderNumberImagingServiceRequest", "{accession}"),
    ("ImagingServiceRequestComments", "*urgent*, {physician} {clinic_phone}"),
    ("ConsultingPhysicianName", "{radiologist}"),
    ("Occupation", "teacher of {relative}"),
    ("PatientReligiousPreference", "asked {relative}"),
    ("SpecialNeeds", "call {relative} {phone}"),
    ("PatientState", "{family} is stable"),
)
