#include <algorithm>

#include "cuda/device_engine.hpp"
#include "cuda/device_program.hpp"

namespace castnet::cuda {
namespace {

std::size_t batch_of(const ProgramInfo& info) { return static_cast<std::size_t>(info.batch); }

std::size_t elements_of(const ProgramInfo& info) {
  return static_cast<std::size_t>(info.channels) * static_cast<std::size_t>(info.height) *
         static_cast<std::size_t>(info.width);
}

std::size_t outputs_of(const ProgramInfo& info) {
  return batch_of(info) * static_cast<std::size_t>(info.classes);
}

}  // namespace

DeviceProgram::DeviceProgram(std::unique_ptr<DeviceNetwork> network)
    : network_(std::move(network)),
      state_(*network_),
      images_(batch_of(info()) * elements_of(info())),
      values_(images_.span().size()),
      targets_(outputs_of(info())),
      samples_(batch_of(info())),
      probabilities_(outputs_of(info())),
      losses_(batch_of(info())),
      step_(1) {}

ImageSlot DeviceProgram::image(int slot) {
  return {images_.data() + static_cast<std::size_t>(slot) * elements_of(info()), 1};
}

Notes DeviceProgram::prepare() { return network_->device().prepare(); }

std::unique_ptr<Engine> DeviceProgram::make_engine(const Split& split) {
  if (!network_->device().prepared()) prepare();
  return std::make_unique<DeviceEngine>(*network_, split);
}

void DeviceProgram::send(const Step& step) {
  Device& device = network_->device();
  if (!device.prepared()) prepare();
  *step_.data() = device_step(step, info().recipe.optimizer);
  upload<DeviceStep>(device.stream(), network_->step(), step_.span());
}

void DeviceProgram::send_batch() {
  const cudaStream_t stream = network_->device().stream();
  std::ranges::transform(images_.span(), values_.data(), [](Real image) { return Value(image); });
  upload<Value>(stream, network_->images(), values_.span());
  upload<Real>(stream, network_->targets(), targets_.span());
  upload<std::uint32_t>(stream, network_->samples(), samples_.span());
}

void DeviceProgram::forward(Mode mode, const Step& step) {
  Device& device = network_->device();
  send(step);
  send_batch();
  network_->forward(device.stream(), mode);
  device.layer(nullptr);
  download<Real>(device.stream(), probabilities_.span(), network_->probabilities());
  download<Real>(device.stream(), losses_.span(), network_->losses());
  device.synchronize();
}

void DeviceProgram::backward(const Step& step) {
  Device& device = network_->device();
  send(step);
  network_->backward(device.stream());
  device.layer(nullptr);
  device.synchronize();
}

void DeviceProgram::update(const Step& step) {
  Device& device = network_->device();
  send(step);
  network_->update(device.stream());
  device.synchronize();
}

}  // namespace castnet::cuda
