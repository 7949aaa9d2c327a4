package synth

// The texts of the letters.
const (
	dischargeLetter = `Dear colleague,

Mrs Lindqvist came to us in the night with pain in the right lower abdomen and a
temperature of 38.4 °C. We removed an inflamed, unperforated appendix through an
open approach. The wound healed well and she went home on the fourth day.

Penicillin allergy: she was given cefuroxime without a reaction.
Please remove the stitches on day ten. No lifting for four weeks.

Dr. Aiko Tanaka, Surgery
`
	diabetesNote = `Fasting glucose 148 mg/dL and HbA1c 7.5 % on two occasions. Weight 79.5 kg.
No sign of damage to eyes, kidneys or feet. Mother had a stroke at 71.

Told what diabetes type 2 is and what helps. Begin metformin 500 mg twice a day,
dietary advice, walking. HbA1c again in three months.

Dr. Ines Okafor, Internal medicine
`
	kneeNote = `Right knee, arthroscopy under spinal anaesthesia. Degenerative tear of the inner
meniscus, cartilage worn on the inner side (grade 2 to 3). The loose part of the
meniscus was taken away. No complication. Weight bearing from the first day.

Dr. Aiko Tanaka, Surgery
`
	psychiatryLetter = `Moderate depressive episode after the death of her mother, February to December.
Sertraline 50 mg and eight conversations. PHQ-9 fell from 16 to 4. No thoughts of
suicide at any time. Alcohol: low risk. Sertraline was stopped over four weeks.

I ask that this letter be shown to others only with Mrs Lindqvist's consent.

Dr. Paul Brandt, Psychiatry
`
	cardiologyLetter = `Paroxysmal atrial fibrillation, first documented on 7 April 2022 (palpitations for
six hours, converted by itself). Echocardiography: left atrium mildly enlarged,
ejection fraction 58 %, no valve disease. CHA2DS2-VASc 3 (woman, hypertension,
diabetes). Begin apixaban 5 mg twice a day and metoprolol succinate 50 mg.

A loop recorder is to show how often it happens.

Dr. Tomas Lee, Cardiology
`
	followUpLetter = `The loop recorder shows three episodes within a year, the longest of eleven hours.
No stroke, no bleeding. Creatinine 1.0 mg/dL: the dose of apixaban stays.
We discussed catheter ablation; Mrs Lindqvist would like a second opinion from a
heart clinic.

Dr. Tomas Lee, Cardiology
`
)
