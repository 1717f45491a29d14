#include "profile.h"

#include "plan_text.h"

namespace tensorrt_node::standin {

bool Range::Holds(const std::vector<int64_t>& values) const {
  for (size_t i = 0; i < values.size(); ++i) {
    if (values[i] < min[i] || values[i] > max[i]) return false;
  }
  return true;
}

const std::vector<int64_t>& Range::Select(nvinfer1::OptProfileSelector select) const {
  using nvinfer1::OptProfileSelector;
  if (select == OptProfileSelector::kMIN) return min;
  return select == OptProfileSelector::kOPT ? opt : max;
}

Range ReadRange(std::istream& line) {
  Range range;
  range.min = ReadIntegers(line);
  range.opt = ReadIntegers(line);
  range.max = ReadIntegers(line);
  const bool same = range.min.size() == range.opt.size() && range.opt.size() == range.max.size();
  if (!same) throw Malformed("minimum, optimum and maximum of a range differ in length");
  return range;
}

}  // namespace tensorrt_node::standin
