/// Causerie for Dart and Flutter, as generated. The seed of the Dart shell.
library;

export 'src/api.dart';
export 'src/frb_generated.dart' show CauserieRust;
export 'src/third_party/causerie_border.dart';
export 'src/third_party/causerie_border/record.dart';
