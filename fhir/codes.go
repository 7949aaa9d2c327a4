package fhir

// labels maps the sensitivity codes of HL7 v3 ActCode to classes. A code with
// no class (0) is known to restrict nothing that the patient did not decide
// herself; a code that is not listed is left out. Psychotherapy notes (PSYTHPN)
// are not listed on purpose: they are the therapist's own and never travel; nor
// are codes that restrict without saying what (SPI, TBOO, DIA).
var labels = map[string]classSet{
	"PSY": mental, "BH": mental, "MH": mental, "COGN": mental, "DVD": mental, "EMOTDIS": mental, "MENCAT": mental,
	"ETH": substance, "SUD": substance, "ETHUD": substance, "OPIOIDUD": substance, "ALC": substance,
	"ALCUD": substance, "42CFRPart2": substance,
	"HIV": hiv,
	"STD": sexual, "SEX": sexual, "REPRO": sexual, "SEXUAL": sexual, "PREGNANT": sexual, "ABORTION": sexual,
	"GDIS": genetic, "SICKLE": genetic, "SCA": genetic,
	"VIO": violence, "MST": violence, "SDV": violence, "SA": violence, "ABUSE": violence, "DV": violence,
	"NODSCLCD": 0, "NORDSCLCD": 0, "NOAUTH": 0,
}

// icd10 maps prefixes of ICD-10 codes (dots removed) to classes; chapter F is
// judged apart. Codes of ICD-10-CM stand beside the WHO's.
var icd10 = map[string]classSet{
	"B20": hiv, "B21": hiv, "B22": hiv, "B23": hiv, "B24": hiv, "O987": hiv, "R75": hiv, "Z114": hiv, "Z206": hiv,
	"Z21": hiv, "Z717": hiv, "Z830": hiv,

	"A50": sexual, "A51": sexual, "A52": sexual, "A53": sexual, "A54": sexual, "A55": sexual, "A56": sexual,
	"A57": sexual, "A58": sexual, "A59": sexual, "A60": sexual, "A63": sexual, "A64": sexual, "N46": sexual,
	"N484": sexual, "N52": sexual, "N97": sexual, "N96": sexual, "O0": sexual, "O1": sexual, "O2": sexual,
	"O3": sexual, "O4": sexual, "O6": sexual, "O7": sexual, "O8": sexual, "O9": sexual, "Z113": sexual, "Z202": sexual,
	"Z30": sexual, "Z31": sexual, "Z32": sexual, "Z33": sexual, "Z34": sexual, "Z35": sexual, "Z36": sexual,
	"Z37": sexual, "Z38": sexual, "Z39": sexual, "Z3A": sexual, "Z640": sexual, "Z70": sexual, "Z725": sexual,
	"Z7251": sexual, "Z7252": sexual, "Z7253": sexual, "Z975": sexual, "Z332": sexual,

	"E244": substance, "G312": substance, "G621": substance, "G721": substance, "I426": substance, "K292": substance,
	"K70": substance, "K852": substance, "K860": substance, "R780": substance, "T400": substance, "T401": substance,
	"T402": substance, "T403": substance, "T404": substance, "T405": substance, "T406": substance, "T407": substance,
	"T408": substance, "T409": substance, "T436": substance, "T51": substance, "X42": substance, "X45": substance, "Y90": substance,
	"Y91": substance, "Z502": substance, "Z503": substance, "Z714": substance, "Z715": substance, "Z721": substance,
	"Z722": substance, "Z811": substance, "Z813": substance, "Z864": substance,

	"R44": mental, "R45": mental, "R46": mental, "X6": mental, "X7": mental, "X80": mental, "X81": mental,
	"X82": mental, "X83": mental, "X84": mental, "T1491": mental, "Z004": mental, "Z032": mental, "Z046": mental,
	"Z133": mental, "Z504": mental, "Z733": mental, "Z818": mental, "Z865": mental, "Z915": mental, "Y870": mental,

	"T74": violence, "T76": violence, "Y04": violence, "Y05": violence, "Y06": violence, "Y07": violence,
	"X85": violence, "X86": violence, "X87": violence, "X88": violence, "X89": violence, "X9": violence,
	"Y00": violence, "Y01": violence, "Y02": violence, "Y03": violence, "Y08": violence, "Y09": violence,
	"Z045": violence, "Z044": violence, "Z614": violence, "Z615": violence, "Z616": violence,
	"Z653": violence, "Z654": violence, "Z69": violence,

	"D57": genetic, "E70": genetic, "E71": genetic, "E72": genetic, "E74": genetic, "E75": genetic, "E76": genetic,
	"E77": genetic, "E84": genetic, "G10": genetic, "G71": genetic, "Q85": genetic, "Q87": genetic, "Q9": genetic,
	"Z1371": genetic, "Z14": genetic, "Z15": genetic, "Z315": genetic,
}

// snomed is SNOMED CT concepts; subtypes are listed one by one as far as records
// commonly use them.
var snomed = map[string]classSet{
	// mental health
	"74732009": mental, "35489007": mental, "370143000": mental, "36923009": mental, "191616006": mental,
	"66344007": mental, "87512008": mental, "832007": mental, "310495003": mental, "310496002": mental,
	"310497006": mental, "78667006": mental, "48694002": mental, "197480006": mental, "21897009": mental,
	"371631005": mental, "47505003": mental, "13746004": mental, "58214004": mental, "69322001": mental,
	"191736004": mental, "17226007": mental, "72366004": mental, "56882008": mental, "78004001": mental,
	"37746008": mental, "406506008": mental, "192127007": mental, "35919005": mental, "408856003": mental,
	"231504006": mental, "20010003": mental, "6471006": mental, "44301001": mental, "55668003": mental,
	"82313006": mental, "425104003": mental, "198288003": mental, "73595000": mental, "300894000": mental,
	"161469008": mental, "313182004": mental, "18193002": mental, "26929004": mental, "52448006": mental,
	"75544000": mental, "58703003": mental, "33449004": mental, "386810004": mental, "1086471000000103": mental,
	"417584003": mental, "271952001": mental, "313087007": mental, "270901009": mental, "40568001": mental,
	"28676002": mental, "183383004": mental, "75516001": mental, "108313002": mental, "228557008": mental,
	"171207006": mental, "715252007": mental, "454711000124102": mental, "428211000124100": mental,
	"866148006": mental, "183381002": mental, "310123004": mental, "394587001": mental, "310116002": mental,
	"24642003": mental, "10197000": mental, "385892002": mental, "304891004": mental, "23835007": mental,
	"394913002": mental, "722162001": mental, "83225003": mental, "247803002": mental, "413307004": mental,

	// substance use
	"7200002": substance, "15167005": substance, "66590003": substance, "284591009": substance, "26416006": substance,
	"191816009": substance, "191819002": substance, "191825009": substance,
	"55680006": substance, "5602001": substance, "231477003": substance, "66214007": substance, "361055000": substance,
	"10939881000119105": substance, "6525002": substance, "361050005": substance, "228366006": substance,
	"371422002": substance, "228388006": substance, "191802004": substance, "85561006": substance,
	"8635005": substance, "64386003": substance, "31956009": substance, "37344009": substance, "2403008": substance,
	"25702006": substance, "41309000": substance, "56876005": substance, "60112009": substance, "61480009": substance,
	"266707007": substance, "24165007": substance, "67516001": substance, "408941008": substance,
	"707848009": substance, "763302001": substance, "413473000": substance, "310653000": substance,
	"20093000": substance, "38670004": substance, "182969009": substance, "310281005": substance,
	"428183006": substance, "713106006": substance, "713107002": substance, "408933008": substance,
	"309627007": substance, "724655005": substance, "1153463005": substance, "268640002": substance,
	"171208001": substance, "428819003": substance, "408945004": substance, "704163003": substance,

	// HIV
	"86406008": hiv, "62479008": hiv, "165816005": hiv, "111880001": hiv, "91947003": hiv, "91948008": hiv,
	"40780007": hiv, "48794007": hiv, "79019005": hiv, "315124004": hiv, "31676001": hiv, "171121004": hiv,
	"390786002": hiv, "165815009": hiv, "19030005": hiv, "402916007": hiv, "416491000000103": hiv, "697904001": hiv,
	"415352009": hiv, "313077009": hiv, "72621002": hiv, "870611000": hiv,

	// sexual and reproductive health
	"72892002": sexual, "77386006": sexual, "47200007": sexual, "19169002": sexual, "17369002": sexual,
	"156073000": sexual, "35999006": sexual, "34801009": sexual, "398254007": sexual, "11687002": sexual,
	"237240001": sexual, "8098009": sexual, "76272004": sexual, "15628003": sexual, "105629000": sexual,
	"240589008": sexual, "426165006": sexual, "33839006": sexual, "266113007": sexual, "56335008": sexual,
	"860914002": sexual, "397803000": sexual, "15296000": sexual, "6738008": sexual,
	"2904007": sexual, "10743008": sexual, "13197004": sexual, "65200003": sexual, "169553002": sexual,
	"301807007": sexual, "755621000000101": sexual, "698591006": sexual, "268460000": sexual, "46706006": sexual,
	"287664005": sexual, "22523008": sexual, "386639001": sexual, "275833003": sexual, "44608003": sexual,
	"424441002": sexual, "424619006": sexual, "440047008": sexual, "424525001": sexual, "169762003": sexual,
	"183860003": sexual, "5880005": sexual, "66348005": sexual, "236974004": sexual, "177184002": sexual,
	"11466000": sexual, "384729004": sexual, "386216000": sexual, "448336002": sexual, "169230002": sexual,
	"310116003": sexual, "417881006": sexual, "441924001": sexual, "79586000": sexual,
	"274130007": sexual, "713236009": sexual, "198609003": sexual, "35163007": sexual,
	"57797005": sexual, "386637004": sexual, "45757002": sexual, "14119008": sexual, "102874004": sexual,
	"60001007": sexual, "102879009": sexual, "281556003": sexual, "171123001": sexual, "310031001": sexual,

	// genetics
	"409709004": genetic, "41040004": genetic, "190905008": genetic, "417357006": genetic,
	"58756001": genetic, "111385000": genetic, "412734009": genetic, "412738007": genetic,
	"412739004": genetic, "315026009": genetic, "716318002": genetic, "405823003": genetic, "405825005": genetic,
	"398036000": genetic, "80544005": genetic, "254253009": genetic, "315027000": genetic, "445180002": genetic,
	"234976000": genetic, "405824009": genetic, "19346006": genetic, "613003": genetic,

	// violence
	"706893006": violence, "371779006": violence, "397940009": violence, "242037005": violence, "95922009": violence,
	"95929000": violence, "248110007": violence, "371772002": violence, "371778003": violence, "386702006": violence,
	"422608009": violence, "248062006": mental | violence, "125675009": violence,
	"225826003": violence, "371777008": violence, "371775004": violence, "443071003": violence, "4901000": violence,
	"213020009": violence, "370959003": violence, "225822001": violence, "405751000": violence, "413382004": violence,
	"213352003": violence, "268833001": violence,
}

// loinc is tests and questionnaires.
var loinc = map[string]classSet{
	// mental health: PHQ-2, PHQ-9, GAD-7, EPDS, psychiatric notes
	"55757-9": mental, "55758-7": mental, "44249-1": mental, "44261-6": mental, "44250-9": mental, "44255-8": mental,
	"44260-8": mental, "69737-5": mental, "70274-6": mental, "69725-0": mental, "68509-9": mental, "89204-2": mental,
	"71354-5": mental, "99046-5": mental, "72109-2": substance, "76504-0": violence, "44963-7": mental,
	"28635-1": mental, "34788-0": mental, "34789-8": mental,
	"68608-9": mental, "28627-8": mental, "29252-4": mental, "93373-9": mental, "93025-5": mental,
	"89213-3": mental, "73831-0": mental, "73832-8": mental, "90853-3": mental, "45667-3": mental, "14334-7": mental,
	"3719-2": mental,

	// substance use: AUDIT, AUDIT-C, DAST, alcohol and drug tests
	"75624-7": substance, "75626-2": substance, "82666-9": substance, "82667-7": substance, "68517-2": substance,
	"72110-0": substance, "74013-4": substance, "11331-6": substance, "11343-1": substance, "5640-8": substance,
	"5643-2": substance, "3349-8": substance, "3397-7": substance, "3879-4": substance, "19295-5": substance,
	"19659-2": substance, "3427-2": substance, "8246-1": substance, "19261-7": substance, "3773-9": substance,
	"3390-2": substance, "3376-1": substance, "58374-2": substance, "96842-0": substance, "18282-4": substance,
	"64999-6": substance, "53835-5": substance, "74678-4": substance,

	// HIV: antibodies, antigens, viral load, resistance, CD4
	"7917-8": hiv, "7918-6": hiv, "29893-5": hiv, "31201-7": hiv, "5220-9": hiv, "5221-7": hiv, "5222-5": hiv,
	"14092-1": hiv, "48345-3": hiv, "48346-1": hiv, "56888-1": hiv, "57975-5": hiv, "58900-2": hiv, "68961-2": hiv,
	"75622-1": hiv, "80387-4": hiv, "81641-3": hiv, "10351-5": hiv, "20447-9": hiv, "21008-8": hiv, "25835-0": hiv,
	"25836-8": hiv, "29541-0": hiv, "41514-1": hiv, "41515-8": hiv, "48510-2": hiv, "48511-0": hiv, "62469-2": hiv,
	"70241-5": hiv, "24467-3": hiv, "8128-1": hiv, "32515-9": hiv, "49890-7": hiv, "89374-3": hiv, "85361-4": hiv,
	"45182-9": hiv, "49573-9": hiv, "30245-5": hiv, "33866-5": hiv, "34592-6": hiv, "44533-4": hiv, "73906-0": hiv,
	"53379-4": hiv, "55277-8": hiv,

	// sexual and reproductive health: pregnancy, STI tests, fertility
	"2106-3": sexual, "2118-8": sexual, "2110-5": sexual, "19080-1": sexual, "21198-7": sexual, "82810-3": sexual,
	"11636-8": sexual, "11637-6": sexual, "11638-4": sexual, "11639-2": sexual, "11640-0": sexual, "11612-9": sexual,
	"11613-7": sexual, "11614-5": sexual, "11778-8": sexual, "11779-6": sexual, "8665-2": sexual, "49051-6": sexual,
	"18185-9": sexual, "57062-2": sexual, "11449-6": sexual, "86645-9": sexual, "8678-5": sexual, "21613-5": sexual,
	"43304-5": sexual, "36903-3": sexual, "24111-7": sexual, "43305-2": sexual, "691-6": sexual, "5292-8": sexual,
	"20507-0": sexual, "22461-8": sexual, "24110-9": sexual, "47238-1": sexual, "31147-2": sexual, "11084-1": sexual,
	"21440-3": sexual, "30167-1": sexual, "59420-0": sexual, "77379-6": sexual, "10524-7": sexual,
	"76690-7": sexual, "64728-9": sexual, "10705-2": sexual, "16600-9": sexual,
	"16601-7": sexual, "5028-6": sexual, "6514-4": sexual, "5364-5": sexual, "16130-7": sexual, "16131-5": sexual,

	// genetics: gene studied, variants, reports
	"48018-6": genetic, "48002-0": genetic, "48003-8": genetic, "48004-6": genetic, "48005-3": genetic,
	"48006-1": genetic, "48013-7": genetic, "51958-7": genetic, "51959-5": genetic, "51961-1": genetic,
	"51963-7": genetic, "51968-6": genetic, "51969-4": genetic, "53034-5": genetic, "53037-8": genetic,
	"55232-3": genetic, "55233-1": genetic, "69547-8": genetic, "69548-6": genetic, "81247-9": genetic,
	"81252-9": genetic, "81290-9": genetic, "59462-2": genetic, "21636-6": genetic, "21639-0": genetic,
	"21640-8": genetic, "38404-0": genetic, "21654-9": genetic, "81258-6": genetic, "29770-5": genetic,
	"33773-3": genetic, "81304-8": genetic, "82939-0": genetic, "51967-8": genetic,

	// violence: HARK, abuse screening
	"76501-6": violence, "93038-8": violence, "76499-3": violence, "76500-8": violence,
	"76502-4": violence, "76503-2": violence, "93027-1": violence, "95618-5": violence, "95617-7": violence,
	"95616-9": violence, "95615-1": violence, "95619-3": violence,
	"101351-5": violence,
}

// rxnorm is ingredients; products are known by the names in them.
var rxnorm = map[string]classSet{
	"36437": mental, "4493": mental, "2556": mental, "321988": mental, "39786": mental, "72625": mental,
	"42347": mental, "6448": mental, "61381": mental, "51272": mental, "35636": mental, "89013": mental,
	"2626": mental, "15996": mental, "32937": mental, "6901": mental, "38400": mental, "5093": mental,
	"6813": substance, "1819": substance, "7243": substance, "3554": substance, "82819": substance, "7242": substance,
	"195085": hiv, "276237": hiv, "1433868": hiv, "1102270": hiv, "85762": hiv, "1721603": hiv, "11413": hiv,
	"68244": hiv, "190521": hiv, "343047": hiv, "460132": hiv, "195088": hiv, "1999667": hiv,
	"6373": sexual, "4124": sexual, "6916": sexual, "42331": sexual, "136411": sexual,
	"358263": sexual, "306674": sexual, "14584": sexual,
}

// atc is prefixes of the WHO's ATC classification; the longest one counts.
var atc = map[string]classSet{
	"N05A": mental, "N05AB04": 0, "N05B": mental, "N05BB01": 0, "N06A": mental, "N06B": mental, "N06C": mental,
	"N07BB": substance, "N07BC": substance,
	"J05AE": hiv, "J05AF": hiv, "J05AF08": 0, "J05AF10": 0, "J05AF11": 0, "J05AG": hiv, "J05AJ": hiv, "J05AR": hiv,
	"J05AX07": hiv, "J05AX09": hiv, "J05AX29": hiv,
	"G02A": sexual, "G02BA": sexual, "G02BB": sexual, "G03A": sexual, "G03GA": sexual, "G03GB": sexual,
	"G03XB": sexual, "G04BE": sexual,
}

// medicines is the names, in small letters, of medicines that tell a class by
// themselves, with brands where records commonly show only those.
var medicines = map[string]classSet{
	"sertraline": mental, "fluoxetine": mental, "citalopram": mental, "escitalopram": mental, "paroxetine": mental,
	"fluvoxamine": mental, "venlafaxine": mental, "desvenlafaxine": mental, "duloxetine": mental,
	"mirtazapine": mental, "bupropion": mental, "trazodone": mental, "vortioxetine": mental, "agomelatine": mental,
	"amitriptyline": mental, "nortriptyline": mental, "clomipramine": mental, "imipramine": mental,
	"moclobemide": mental, "phenelzine": mental, "tranylcypromine": mental, "lithium": mental, "quetiapine": mental,
	"olanzapine": mental, "risperidone": mental, "aripiprazole": mental, "clozapine": mental, "haloperidol": mental,
	"paliperidone": mental, "ziprasidone": mental, "lurasidone": mental, "amisulpride": mental,
	"chlorpromazine": mental, "fluphenazine": mental, "flupentixol": mental, "zuclopenthixol": mental,
	"buspirone": mental, "alprazolam": mental, "lorazepam": mental, "diazepam": mental,
	"clonazepam": mental, "oxazepam": mental, "methylphenidate": mental, "atomoxetine": mental,
	"lisdexamfetamine": mental, "dexamfetamine": mental, "dextroamphetamine": mental, "prozac": mental,
	"zoloft": mental, "seroquel": mental, "zyprexa": mental, "abilify": mental, "ritalin": mental, "concerta": mental,
	"esketamine": mental, "cariprazine": mental,

	"methadone": substance, "buprenorphine": substance, "naltrexone": substance, "naloxone": substance,
	"disulfiram": substance, "acamprosate": substance, "nalmefene": substance, "lofexidine": substance,
	"suboxone": substance, "subutex": substance, "vivitrol": substance, "antabuse": substance,
	"levomethadone": substance, "cocaine": substance, "cannabinoids": substance, "tetrahydrocannabinol": substance,
	"ethanol": substance, "heroin": substance,

	"dolutegravir": hiv, "emtricitabine": hiv, "efavirenz": hiv, "raltegravir": hiv, "bictegravir": hiv,
	"elvitegravir": hiv, "cobicistat": hiv, "darunavir": hiv, "atazanavir": hiv, "lopinavir": hiv, "abacavir": hiv,
	"zidovudine": hiv, "nevirapine": hiv, "rilpivirine": hiv, "etravirine": hiv, "doravirine": hiv,
	"maraviroc": hiv, "cabotegravir": hiv, "lenacapavir": hiv, "fostemsavir": hiv, "enfuvirtide": hiv,
	"truvada": hiv, "descovy": hiv, "biktarvy": hiv, "triumeq": hiv, "genvoya": hiv, "atripla": hiv,

	"levonorgestrel": sexual, "etonogestrel": sexual, "norelgestromin": sexual, "drospirenone": sexual,
	"norgestimate": sexual, "desogestrel": sexual, "norgestrel": sexual, "ulipristal": sexual, "mifepristone": sexual,
	"misoprostol": sexual, "clomiphene": sexual, "clomifene": sexual, "sildenafil": sexual, "tadalafil": sexual,
	"vardenafil": sexual, "avanafil": sexual, "dienogest": sexual, "norethindrone": sexual, "norethisterone": sexual,
	"follitropin": sexual, "choriogonadotropin": sexual, "medroxyprogesterone": sexual, "etynodiol": sexual,
	"contraceptive": sexual, "mirena": sexual, "implanon": sexual, "nexplanon": sexual, "nuvaring": sexual,
	"trinessa": sexual, "jolivette": sexual, "natazia": sexual, "seasonique": sexual, "levora": sexual,
	"camila": sexual, "errin": sexual, "yasmin": sexual, "liletta": sexual, "kyleena": sexual, "skyla": sexual,
}
